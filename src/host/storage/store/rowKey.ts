/**
 * Owns: the byte form of every key in the store, so that byte order is the order that the protocols promise.
 *
 * Invariants:
 * Y1. Byte order of `textBytes` equals the order of UTF-16 code units, which is the order of keys and blob names.
 *     (Surrogates are written one by one, as in CESU-8; plain UTF-8 would order them above U+E000…U+FFFF.)
 * Y2. A part is ended by 0x00, which no key or blob name may contain, so a shorter part sorts before its extensions.
 */
const SEPARATOR = Buffer.from([0]);

/** Encodes text so that comparing bytes compares UTF-16 code units (Y1). */
export function textBytes(text: string): Buffer {
  if (!/[\ud800-\udfff]/.test(text)) return Buffer.from(text, "utf8");
  const bytes: number[] = [];
  for (let index = 0; index < text.length; index++) pushUnit(bytes, text.charCodeAt(index));
  return Buffer.from(bytes);
}

function pushUnit(bytes: number[], unit: number): void {
  if (unit < 0x80) bytes.push(unit);
  else if (unit < 0x800) bytes.push(0xc0 | (unit >> 6), 0x80 | (unit & 0x3f));
  else bytes.push(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
}

/** A fixed-width id: four bytes, big-endian. */
export function idBytes(id: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(id);
  return bytes;
}

/** A fixed-width counter or offset: eight bytes, big-endian. */
export function longBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

/** `id`, then each text part ended by 0x00. */
export function partsKey(id: number, ...parts: readonly string[]): Buffer {
  return Buffer.concat([idBytes(id), ...parts.flatMap((part) => [textBytes(part), SEPARATOR])]);
}

/** `id`, then text without an end: the smallest key of everything that starts with it. */
export function prefixKey(id: number, text: string): Buffer {
  return Buffer.concat([idBytes(id), textBytes(text)]);
}

/** The smallest key greater than every key that starts with `prefix`. Keys start with an id below 2^32 - 1, so one exists. */
export function afterPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  for (let index = end.length - 1; index >= 0; index--) {
    const byte = end[index] ?? 0xff;
    if (byte < 0xff) {
      end[index] = byte + 1;
      return end.subarray(0, index + 1);
    }
  }
  throw new RangeError("No key sorts after this prefix.");
}
