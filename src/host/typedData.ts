import type { TypedData } from "./worker/protocol";

/** The JSON text of a value the app returned, or null when it returned nothing. Bytes become base64 text. */
export function fromTypedData(data: TypedData | null): string | null {
  if (data === null) return null;
  const { string, json, bytes, int, double } = data;
  if (string !== undefined && string !== null) return JSON.stringify(string);
  if (typeof json === "string") return json;
  if (bytes instanceof Uint8Array) return JSON.stringify(Buffer.from(bytes).toString("base64"));
  const number = int ?? double;
  return number === undefined || number === null ? null : JSON.stringify(number);
}
