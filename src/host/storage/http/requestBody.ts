/** Owns: reading the body of a call, in pieces or at once. Must not: know what it is for. */
import type { IncomingMessage } from "node:http";

import { StorageError } from "./storageError";

/** A body can be read once. */
export interface RequestBody extends AsyncIterable<Buffer> {
  /** Hands every piece to `take` as it arrives; cheaper than iterating, but `take` cannot make the sender wait. */
  each(take: (bytes: Buffer) => void): Promise<void>;
}

export function requestBody(message: IncomingMessage): RequestBody {
  return {
    // Without the habit of a stream to be destroyed when its reader stops early: a refusal in the middle of an upload
    // must still be answered, and what is left of the body drained, or the connection's next call would hang.
    [Symbol.asyncIterator]: () =>
      message.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
    each: (take) => each(message, take),
  };
}

function each(message: IncomingMessage, take: (bytes: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const refuse = (error: Error): void => {
      message.off("data", onData).off("close", onClose);
      reject(error);
    };
    const onData = (bytes: Buffer): void => {
      try {
        take(bytes);
      } catch (error) {
        refuse(error as Error);
      }
    };
    const onClose = (): void =>
      refuse(Object.assign(new Error("The caller hung up."), { code: "ECONNRESET" }));
    message.on("data", onData).on("close", onClose).once("error", refuse);
    message.once("end", () => {
      message.off("close", onClose);
      resolve();
    });
  });
}

/** Reads a body of at most `limit` bytes into memory. */
export async function readBody(body: RequestBody, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  await body.each((part) => {
    size += part.length;
    if (size > limit)
      throw new StorageError(
        413,
        "RequestBodyTooLarge",
        "The request body is too large and exceeds the maximum permissible limit.",
      );
    parts.push(part);
  });
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}
