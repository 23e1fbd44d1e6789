/** The inline constraints of route parameters, by the rules of ASP.NET Core. Pure. */

/** Whether a value passes. */
export type RouteConstraint = (value: string) => boolean;

/** The constraint is unknown or its arguments are wrong; the message is a part of a sentence. */
export class RouteConstraintError extends Error {}

const whole = /^\s*[+-]?\d+\s*$/;
const plainNumber = /^\s*[+-]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)\s*$/;
const scientific = /^\s*[+-]?(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i;
const guid = /^(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

function isInteger(value: string, bits: bigint): boolean {
  if (!whole.test(value)) return false;
  const number = BigInt(value.trim().replace(/^\+/, ""));
  return number >= -(1n << (bits - 1n)) && number < 1n << (bits - 1n);
}

function isGuid(value: string): boolean {
  return guid.test(value.replace(/^[{(]|[})]$/g, ""));
}

const plain: Readonly<Record<string, RouteConstraint>> = {
  int: (value) => isInteger(value, 32n),
  long: (value) => isInteger(value, 64n),
  bool: (value) => /^\s*(?:true|false)\s*$/i.test(value),
  datetime: (value) =>
    /^\s*\d{1,4}[-/]\d{1,2}[-/]\d{1,4}(?!\d)/.test(value) && !Number.isNaN(Date.parse(value)),
  decimal: (value) => plainNumber.test(value),
  double: (value) => scientific.test(value),
  float: (value) => scientific.test(value),
  guid: isGuid,
  alpha: (value) => /^[a-z]*$/i.test(value),
  required: (value) => value !== "",
  file: isFileName,
  nonfile: (value) => !isFileName(value),
};

function isFileName(value: string): boolean {
  const last = value.slice(value.lastIndexOf("/") + 1);
  const dot = last.lastIndexOf(".");
  return dot >= 0 && dot < last.length - 1;
}

/** Constraints with numbers: how many they take, and what passes. */
const numeric: Readonly<
  Record<string, { readonly takes: readonly number[]; readonly make: (args: bigint[]) => RouteConstraint }>
> = {
  minlength: {
    takes: [1],
    make:
      ([least = 0n]) =>
      (value) =>
        value.length >= least,
  },
  maxlength: {
    takes: [1],
    make:
      ([most = 0n]) =>
      (value) =>
        value.length <= most,
  },
  length: {
    takes: [1, 2],
    make:
      ([least = 0n, most = least]) =>
      (value) =>
        value.length >= least && value.length <= most,
  },
  min: {
    takes: [1],
    make:
      ([least = 0n]) =>
      (value) =>
        isInteger(value, 64n) && BigInt(value) >= least,
  },
  max: {
    takes: [1],
    make:
      ([most = 0n]) =>
      (value) =>
        isInteger(value, 64n) && BigInt(value) <= most,
  },
  range: {
    takes: [2],
    make:
      ([least = 0n, most = 0n]) =>
      (value) =>
        isInteger(value, 64n) && BigInt(value) >= least && BigInt(value) <= most,
  },
};

/** Parses `int`, `range(1,5)`, `regex(^a$)` and the like; names are in any case. */
export function parseRouteConstraint(text: string): RouteConstraint {
  const match = /^([A-Za-z]+)(?:\((.*)\))?$/s.exec(text);
  const name = match?.[1]?.toLowerCase() ?? "";
  const args = match?.[2];
  if (name === "regex" && args !== undefined) return parsePattern(args);
  const simple = plain[name];
  if (simple !== undefined && args === undefined) return simple;
  const counted = numeric[name];
  const numbers = args?.split(",").map((arg) => arg.trim()) ?? [];
  if (counted?.takes.includes(numbers.length) === true && numbers.every((number) => /^-?\d+$/.test(number)))
    return counted.make(numbers.map((number) => BigInt(number)));
  throw new RouteConstraintError(
    `the constraint '${text}' is not one of ${[...Object.keys(plain), ...Object.keys(numeric), "regex"].join(", ")} with its arguments`,
  );
}

function parsePattern(pattern: string): RouteConstraint {
  try {
    const expression = new RegExp(pattern, "i");
    return (value) => expression.test(value);
  } catch {
    throw new RouteConstraintError(`the pattern '${pattern}' is not a regular expression of JavaScript`);
  }
}
