/** Owns: the JSON shape of a Table refusal. Pure. */
import type { RenderedError } from "../http/serveStorage";
import type { StorageError } from "../http/storageError";

export function renderTableError(
  error: StorageError,
  request: { requestId: string; at: number },
): RenderedError {
  const value = `${error.message}\nRequestId:${request.requestId}\nTime:${new Date(request.at).toISOString()}`;
  return {
    contentType: "application/json;odata=minimalmetadata;streaming=true;charset=utf-8",
    body: JSON.stringify({ "odata.error": { code: error.code, message: { lang: "en-US", value } } }),
  };
}
