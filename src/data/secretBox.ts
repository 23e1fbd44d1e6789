/**
 * Secrets of datastores at rest: AES-256-GCM under a key that is not in the storage account.
 *
 * 1. A sealed text says nothing about the secret but its length, and opens only under the same key and for the same
 *    context: copied to another row it is of no use.
 * 2. What was tampered with does not open.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const version = "s1";
const ivBytes = 12;

/** `context` names what the secret belongs to; the key is 32 bytes. */
export function sealSecret(key: Uint8Array, context: string, secret: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  const parts = [iv, cipher.getAuthTag(), sealed].map((part) => part.toString("base64url"));
  return [version, ...parts].join(".");
}

/** The secret, or undefined when it does not open. */
export function openSecret(key: Uint8Array, context: string, sealed: string): string | undefined {
  const [kind, ...parts] = sealed.split(".");
  const [iv, tag, body] = parts.map((part) => Buffer.from(part, "base64url"));
  if (kind !== version || iv === undefined || tag === undefined || body === undefined) return undefined;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, iv, { authTagLength: 16 });
    decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
