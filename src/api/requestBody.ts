/** The JSON body of a request, read no further than its route allows. */
import { refuse, type Refusal } from "./answer";
import type { ApiRequest } from "./apiMessage";

export type BodyOutcome =
  | { readonly status: "read"; readonly value: unknown }
  | { readonly status: "refused"; readonly refusal: Refusal };

/** An empty body reads as null. A body that is announced or turns out larger than `limit` bytes is not kept. */
export async function readJsonBody(request: ApiRequest, limit: number): Promise<BodyOutcome> {
  if (Number(request.headers["content-length"] ?? "0") > limit) return tooLarge(limit);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) return tooLarge(limit);
    chunks.push(chunk);
  }
  return size === 0 ? { status: "read", value: null } : parse(Buffer.concat(chunks));
}

function parse(bytes: Uint8Array): BodyOutcome {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return { status: "read", value: JSON.parse(text) as unknown };
  } catch {
    return { status: "refused", refusal: refuse("InvalidJson", "The body is not JSON.") };
  }
}

function tooLarge(limit: number): BodyOutcome {
  const message = `The body is larger than ${limit / 1024 / 1024} MiB, which this route takes at most.`;
  return { status: "refused", refusal: refuse("BodyTooLarge", message) };
}
