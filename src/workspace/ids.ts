/** Ids: random ones for what a person creates, name-based ones where the same cause must give the same id. */
import { createHash, randomUUID } from "node:crypto";

export interface IdSource {
  /** A random UUID (version 4) in lower case. */
  newId(): string;
}

export const randomIds: IdSource = { newId: () => randomUUID() };

/**
 * UUID version 5 (RFC 9562 §5.5) of a name within a namespace UUID. Run ids of schedules are made this way:
 * one cause has one id, so the insert-only run row can be claimed only once.
 */
export function nameBasedId(namespace: string, name: string): string {
  const hash = createHash("sha1")
    .update(Buffer.from(namespace.replaceAll("-", ""), "hex"))
    .update(name, "utf8")
    .digest()
    .subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
