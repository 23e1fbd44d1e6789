/** Owns: the XML shape of a Blob refusal, and the refusals that several Blob files give. Pure. */
import type { RenderedError } from "../http/serveStorage";
import { StorageError } from "../http/storageError";
import { element } from "../http/xml";

export function renderBlobError(
  error: StorageError,
  request: { requestId: string; at: number },
): RenderedError {
  const message = `${error.message}\nRequestId:${request.requestId}\nTime:${new Date(request.at).toISOString()}`;
  const body = `<?xml version="1.0" encoding="utf-8"?><Error>${element("Code", error.code)}${element("Message", message)}</Error>`;
  return { contentType: "application/xml", body };
}

export function containerNotFound(): StorageError {
  return new StorageError(404, "ContainerNotFound", "The specified container does not exist.");
}

export function blobNotFound(): StorageError {
  return new StorageError(404, "BlobNotFound", "The specified blob does not exist.");
}

export function md5Mismatch(): StorageError {
  return new StorageError(
    400,
    "Md5Mismatch",
    "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
  );
}

export function invalidBlobType(): StorageError {
  return new StorageError(409, "InvalidBlobType", "The blob type is invalid for this operation.");
}

export function bodyTooLarge(limit: number): StorageError {
  return new StorageError(
    413,
    "RequestBodyTooLarge",
    `The request body is too large and exceeds the maximum permissible limit of ${limit} bytes.`,
  );
}
