/** HTTP as the bench calls it: one agent, connections kept, little work of its own. */
import { Agent, request } from "node:http";

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One call; resolves with the status and the text of the answer. */
export function call(method, url, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const length = text === undefined ? {} : { "content-length": Buffer.byteLength(text) };
    const sent = request(
      url,
      { method, agent, headers: { "content-type": "application/json", ...length, ...headers } },
      (answer) => {
        const chunks = [];
        answer.on("data", (chunk) => chunks.push(chunk));
        answer.on("end", () =>
          resolve({ status: answer.statusCode, text: Buffer.concat(chunks).toString() }),
        );
        answer.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}

/** As `call`, and the answer's JSON; throws unless the status is `wanted`. */
export async function callJson(wanted, method, url, body, headers) {
  const { status, text } = await call(method, url, body, headers);
  if (status !== wanted) throw new Error(`${method} ${new URL(url).pathname} answered ${status}: ${text}`);
  return JSON.parse(text);
}
