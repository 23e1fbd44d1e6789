/** Calls to the blob service by a URL that carries its own signature; the official client is too large for this. */

import { createHash } from "node:crypto";
import { open, type FileHandle } from "node:fs/promises";

/** Version of the Blob service that the requests are written for. */
const storageVersion = "2021-12-02";

export async function putBlob(url: string, content: Uint8Array): Promise<void> {
  const headers = new Headers([["x-ms-blob-type", "BlockBlob"]]);
  await call(url, { method: "PUT", headers, body: content });
}

/** Bytes of one request; a larger file goes up in blocks of this size, so that it need not fit in memory. */
const blockBytes = 8 * 1024 * 1024;

/** Puts a file and answers the SHA-256, in hex, of the bytes that went up. */
export async function putFile(url: string, localPath: string): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(localPath);
  try {
    const ids: string[] = [];
    for (let remaining = (await file.stat()).size; ;) {
      const { content, isLast } = await readBlock(file, remaining);
      remaining -= content.length;
      hash.update(content);
      if (isLast && ids.length === 0) await putBlob(url, content);
      else if (content.length > 0) ids.push(await putBlock(url, ids.length, content));
      if (isLast) break;
    }
    if (ids.length > 0) await putBlockList(url, ids);
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

/** The next bytes of a file of which `remaining` are left, unless it grew meanwhile. */
async function readBlock(
  file: FileHandle,
  remaining: number,
): Promise<{ readonly content: Uint8Array; readonly isLast: boolean }> {
  // One byte more than is left, so that the end is seen without a further read.
  const buffer = Buffer.allocUnsafe(Math.min(blockBytes, Math.max(remaining, 0) + 1));
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return { content: buffer.subarray(0, filled), isLast: filled < buffer.length };
}

async function putBlock(url: string, index: number, content: Uint8Array): Promise<string> {
  const id = Buffer.from(String(index).padStart(6, "0")).toString("base64");
  await call(withQuery(url, `comp=block&blockid=${encodeURIComponent(id)}`), {
    method: "PUT",
    body: content,
  });
  return id;
}

async function putBlockList(url: string, ids: readonly string[]): Promise<void> {
  const blocks = ids.map((id) => `<Latest>${id}</Latest>`).join("");
  const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${blocks}</BlockList>`;
  await call(withQuery(url, "comp=blocklist"), { method: "PUT", body: Buffer.from(body) });
}

function withQuery(url: string, query: string): string {
  return `${url}${url.includes("?") ? "&" : "?"}${query}`;
}

export async function hasBlob(url: string): Promise<boolean> {
  const response = await fetch(url, { method: "HEAD", headers: versioned(new Headers()) });
  if (response.ok || response.status === 404) return response.ok;
  throw refused(url, response);
}

export async function getText(url: string): Promise<string> {
  const response = await call(url, {});
  return response.text();
}

export async function getBytes(url: string): Promise<Uint8Array> {
  const response = await call(url, {});
  return new Uint8Array(await response.arrayBuffer());
}

async function call(
  url: string,
  init: { method?: string; headers?: Headers; body?: Uint8Array },
): Promise<Response> {
  const response = await fetch(url, { ...init, headers: versioned(init.headers ?? new Headers()) });
  if (!response.ok) throw refused(url, response);
  return response;
}

function versioned(headers: Headers): Headers {
  headers.set("x-ms-version", storageVersion);
  return headers;
}

/** The signature in the query is a secret and stays out of the message. */
function refused(url: string, response: Response): Error {
  const code = response.headers.get("x-ms-error-code") ?? response.statusText;
  return new Error(`The storage answered ${response.status} (${code}) for ${new URL(url).pathname}.`);
}
