/** Calls to the blob service by a URL that carries its own signature; the official client is too large for this. */

/** Version of the Blob service that the requests are written for. */
const storageVersion = "2021-12-02";

export async function putBlob(url: string, content: Uint8Array): Promise<void> {
  const headers = new Headers([["x-ms-blob-type", "BlockBlob"]]);
  await call(url, { method: "PUT", headers, body: content });
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
