/**
 * One table per entity gives both directions: a `WireType` decodes untrusted JSON and encodes the same value back.
 *
 * 1. `decode(encode(x))` equals `x` for every value of the type.
 * 2. Decoding ignores unknown keys; a missing key and a null mean the same.
 */
import { z } from "zod";
import { decodeBySchema, type Decoded } from "./decode";

export interface WireType<T> {
  readonly schema: z.ZodType<T>;
  encode(value: T): unknown;
}

/** The value that a wire type stands for. */
export type ValueOf<W> = W extends WireType<infer T> ? T : never;

export function decode<T>(type: WireType<T>, body: unknown): Decoded<T> {
  return decodeBySchema(type.schema, body);
}

function plain<T>(schema: z.ZodType<T>): WireType<T> {
  return { schema, encode: (value) => value };
}

export const text = plain(z.string());
/** An id or a name that is used in URLs and row keys: letters, digits, dot, dash, underscore; 255 at most. */
export const id = plain(z.string().regex(/^[A-Za-z0-9._-]{1,255}$/, "an id of letters, digits, . _ or -"));
/** A text of one form; `expected` says which. */
export const matching = (form: RegExp, expected: string): WireType<string> =>
  plain(z.string().regex(form, expected));
/** A text that must say something; at most 260 characters, as names and ids are. */
export const name = plain(
  z
    .string()
    .min(1, "a text of at least one character")
    .max(260, "a text of at most 260 characters")
    .refine((value) => !hasControlCharacters(value), "a text without control characters"),
);
export const integer = plain(z.int());
/** A count of bytes. */
export const size = plain(z.int().min(0, "a whole number from 0"));
export const number = plain(z.number());
export const flag = plain(z.boolean());
/** Any JSON; absent means null. */
export const anything = plain(z.unknown().transform((value): unknown => value ?? null));
/** A parameter value: REST callers send numbers and booleans, the SDK texts. */
export const literal = plain(
  z.union([z.string(), z.number(), z.boolean()], { error: "a text, a number or a boolean" }),
);
/** ISO 8601 instant, kept as the text that came. */
export const instant = plain(
  z.string().refine((value) => !Number.isNaN(Date.parse(value)), "an ISO 8601 instant"),
);

export function orNull<T>(type: WireType<T>): WireType<T | null> {
  return {
    schema: type.schema.nullish().transform((value) => value ?? null),
    encode: (value) => (value === null ? null : type.encode(value)),
  };
}

/** A key that may be missing; `fallback` is what it then means. */
export function orElse<T>(type: WireType<T>, fallback: T): WireType<T> {
  return {
    schema: type.schema.nullish().transform((value) => value ?? fallback),
    encode: (value) => type.encode(value),
  };
}

/** A key that v1 does not know: it is left out where it says nothing, so that v1's own JSON stays as it is. */
export function unlessSilent<T>(type: WireType<T>, isSilent: (value: T) => boolean): WireType<T> {
  return {
    schema: type.schema,
    encode: (value) => (isSilent(value) ? undefined : type.encode(value)),
  };
}

/** An object from names to values; missing means empty. */
export function mapOf<T>(type: WireType<T>): WireType<Readonly<Record<string, T>>> {
  return {
    schema: z
      .record(z.string(), type.schema)
      .nullish()
      .transform((value) => value ?? {}),
    encode: (value) =>
      Object.fromEntries(Object.entries(value).map(([key, item]) => [key, type.encode(item)])),
  };
}

/** An array; missing means empty. */
export function listOf<T>(type: WireType<T>): WireType<readonly T[]> {
  return {
    schema: z
      .array(type.schema)
      .nullish()
      .transform((value) => value ?? []),
    encode: (value) => value.map((item) => type.encode(item)),
  };
}

/** One of v1's enums: written by name, read by name, number, or number as text. `names[n]` is number `n`. */
export function oneOf<const N extends string>(names: readonly N[]): WireType<N> {
  const expected = `one of ${names.map((each) => `"${each}"`).join(", ")}`;
  const schema = z.union([z.string(), z.number()], { error: expected }).transform((value, context): N => {
    const found = findName(names, value);
    if (found !== undefined) return found;
    context.issues.push({ code: "custom", message: expected, input: value });
    return z.NEVER;
  });
  return { schema, encode: (value) => value };
}

/** C0, DEL and C1, none of which belongs in a name or a path. */
export function hasControlCharacters(value: string): boolean {
  return Array.from(value).some((each) => each < " " || (each >= "\u007f" && each <= "\u009f"));
}

/** The name behind a name, a number or a number as text; undefined when there is none. */
function findName<N extends string>(names: readonly N[], value: string | number): N | undefined {
  return names.find((each, index) => each === value || String(index) === String(value));
}

/** The key that is written and, after it, further keys that are read. */
type Keys = string | readonly [string, ...string[]];
type Fields = Readonly<Record<string, readonly [keys: Keys, type: unknown]>>;
type ObjectOf<F extends Fields> = { readonly [P in keyof F]: ValueOf<F[P][1]> };

/** An object whose keys differ between wire and code: property → its wire key and type. */
export function wireObject<const F extends Fields>(fields: F): WireType<ObjectOf<F>> {
  const rows = Object.entries(fields).map(([property, [keys, type]]) => {
    const [key, ...aliases] = typeof keys === "string" ? ([keys] as const) : keys;
    return { property, key, aliases, type: type as WireType<unknown> };
  });
  const shape = Object.fromEntries(rows.map((row) => [row.key, row.type.schema]));
  const aliases = rows.flatMap((row) => row.aliases.map((alias) => [alias, row.key] as const));
  const schema = z
    .preprocess((body) => withoutAliases(body, aliases), z.object(shape))
    .transform((wire) => Object.fromEntries(rows.map((row) => [row.property, wire[row.key]])));
  return {
    schema: schema as unknown as z.ZodType<ObjectOf<F>>,
    encode: (value) =>
      Object.fromEntries(rows.map((row) => [row.key, row.type.encode(value[row.property as keyof F])])),
  };
}

function withoutAliases(body: unknown, aliases: readonly (readonly [string, string])[]): unknown {
  if (aliases.length === 0 || typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const copy: Record<string, unknown> = { ...body };
  for (const [alias, key] of aliases) copy[key] ??= copy[alias];
  return copy;
}
