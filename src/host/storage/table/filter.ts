/**
 * Owns: the `$filter` language: text to tree, tree against entity. Pure.
 * Source: "Querying tables and entities" of Azure's storage reference; OData 3 precedence: not, comparison, and, or.
 *
 * Invariants:
 * F1. A property that the entity lacks, or of another kind than the literal, makes a comparison false, `ne` included.
 * F2. Text that is not of the language is refused with 400 InvalidInput and its position; nothing is skipped.
 */
import { compareEdm, normaliseDateTime, parseEdm, type EdmValue } from "./edm";
import type { Entity } from "./entity";
import { tokenise, type Token } from "./filterTokens";
import { invalidInput, type StorageError } from "../http/storageError";

export type ComparisonOperator = "eq" | "ne" | "gt" | "ge" | "lt" | "le";

export type Operand =
  | { readonly kind: "property"; readonly name: string }
  | { readonly kind: "literal"; readonly value: EdmValue };

export type Filter =
  | { readonly kind: "and" | "or"; readonly left: Filter; readonly right: Filter }
  | { readonly kind: "not"; readonly operand: Filter }
  | {
      readonly kind: "compare";
      readonly operator: ComparisonOperator;
      readonly left: Operand;
      readonly right: Operand;
    }
  | { readonly kind: "truth"; readonly operand: Operand };

const OPERATORS = new Set<string>(["eq", "ne", "gt", "ge", "lt", "le"]);
/** Deeper nesting than this is refused, so that a hostile filter cannot exhaust the stack. */
const MAX_DEPTH = 100;

/** Parses a filter; undefined for an empty one. */
export function parseFilter(text: string): Filter | undefined {
  if (text.trim() === "") return undefined;
  const reader = new TokenReader(text, tokenise(text));
  const filter = parseOr(reader, 0);
  reader.expectEnd();
  return filter;
}

class TokenReader {
  #next = 0;
  constructor(
    readonly text: string,
    readonly tokens: readonly Token[],
  ) {}

  peek(): Token | undefined {
    return this.tokens[this.#next];
  }

  take(): Token {
    const token = this.peek();
    if (token === undefined) throw this.refuse("ends too early");
    this.#next++;
    return token;
  }

  takeWord(word: string): boolean {
    const token = this.peek();
    if (token?.kind !== "word" || token.text.toLowerCase() !== word) return false;
    this.#next++;
    return true;
  }

  expectEnd(): void {
    if (this.peek() !== undefined) throw this.refuse("has more than one expression");
  }

  refuse(what: string): StorageError {
    return invalidInput(
      `The filter ${what} at position ${this.peek()?.at ?? this.text.length}: ${this.text.slice(0, 200)}`,
    );
  }
}

function parseOr(reader: TokenReader, depth: number): Filter {
  let left = parseAnd(reader, depth);
  while (reader.takeWord("or")) left = { kind: "or", left, right: parseAnd(reader, depth) };
  return left;
}

function parseAnd(reader: TokenReader, depth: number): Filter {
  let left = parseUnary(reader, depth);
  while (reader.takeWord("and")) left = { kind: "and", left, right: parseUnary(reader, depth) };
  return left;
}

function parseUnary(reader: TokenReader, depth: number): Filter {
  if (depth > MAX_DEPTH) throw reader.refuse("is nested too deeply");
  if (reader.takeWord("not")) return { kind: "not", operand: parseUnary(reader, depth + 1) };
  if (reader.peek()?.kind !== "open") return parseComparison(reader);
  reader.take();
  const inner = parseOr(reader, depth + 1);
  if (reader.take().kind !== "close") throw reader.refuse("misses a closing parenthesis");
  return inner;
}

function parseComparison(reader: TokenReader): Filter {
  const left = parseOperand(reader);
  const next = reader.peek();
  const word = next?.kind === "word" ? next.text.toLowerCase() : "";
  if (!OPERATORS.has(word)) return { kind: "truth", operand: left };
  reader.take();
  return { kind: "compare", operator: word as ComparisonOperator, left, right: parseOperand(reader) };
}

function parseOperand(reader: TokenReader): Operand {
  const token = reader.peek();
  const value = token === undefined ? undefined : literalOf(token);
  if (value === "malformed") throw reader.refuse("has a malformed literal");
  if (value === undefined && token?.kind !== "word") throw reader.refuse("misses a property or literal");
  reader.take();
  if (value !== undefined) return { kind: "literal", value };
  if (reader.peek()?.kind === "open")
    throw reader.refuse(`calls a function, which Table storage does not have,`);
  return { kind: "property", name: token?.text ?? "" };
}

/** Undefined for a word that names a property. */
function literalOf(token: Token): EdmValue | "malformed" | undefined {
  switch (token.kind) {
    case "string":
      return { type: "String", value: token.text };
    case "number":
      return numberLiteral(token.text);
    case "typed":
      return typedLiteral(token.prefix, token.text);
    case "word":
      return token.text === "true" || token.text === "false"
        ? { type: "Boolean", value: token.text === "true" }
        : undefined;
    case "open":
    case "close":
      return undefined;
  }
}

function numberLiteral(text: string): EdmValue | "malformed" {
  if (/L$/i.test(text)) return guarded("Edm.Int64", text.slice(0, -1));
  if (/^-?\d+$/.test(text)) {
    const number = Number(text);
    return number >= -(2 ** 31) && number < 2 ** 31
      ? { type: "Int32", value: number }
      : guarded("Edm.Int64", text);
  }
  return guarded("Edm.Double", text.replace(/[dfm]$/i, ""));
}

function typedLiteral(prefix: string, text: string): EdmValue | "malformed" {
  if (prefix === "datetime") {
    const value = normaliseDateTime(text);
    return value === undefined ? "malformed" : { type: "DateTime", value };
  }
  if (prefix === "guid") return guarded("Edm.Guid", text);
  if (!/^([0-9a-f]{2})*$/i.test(text)) return "malformed";
  return { type: "Binary", value: Buffer.from(text, "hex").toString("base64") };
}

function guarded(type: string, text: string): EdmValue | "malformed" {
  try {
    return parseEdm("literal", text, type) ?? "malformed";
  } catch {
    return "malformed";
  }
}

/** Whether an entity satisfies a filter (F1). */
export function matchesFilter(filter: Filter, entity: Entity): boolean {
  switch (filter.kind) {
    case "and":
      return matchesFilter(filter.left, entity) && matchesFilter(filter.right, entity);
    case "or":
      return matchesFilter(filter.left, entity) || matchesFilter(filter.right, entity);
    case "not":
      return !matchesFilter(filter.operand, entity);
    case "truth":
      return valueOf(filter.operand, entity)?.value === true;
    case "compare":
      return compares(filter.operator, valueOf(filter.left, entity), valueOf(filter.right, entity));
  }
}

function compares(
  operator: ComparisonOperator,
  left: EdmValue | undefined,
  right: EdmValue | undefined,
): boolean {
  if (left === undefined || right === undefined) return false;
  const order = compareEdm(left, right);
  if (order === undefined) return false;
  switch (operator) {
    case "eq":
      return order === 0;
    case "ne":
      return order !== 0;
    case "gt":
      return order > 0;
    case "ge":
      return order >= 0;
    case "lt":
      return order < 0;
    case "le":
      return order <= 0;
  }
}

function valueOf(operand: Operand, entity: Entity): EdmValue | undefined {
  if (operand.kind === "literal") return operand.value;
  switch (operand.name) {
    case "PartitionKey":
      return { type: "String", value: entity.partitionKey };
    case "RowKey":
      return { type: "String", value: entity.rowKey };
    case "Timestamp":
      return { type: "DateTime", value: entity.timestamp };
    default:
      return Object.hasOwn(entity.properties, operand.name) ? entity.properties[operand.name] : undefined;
  }
}
