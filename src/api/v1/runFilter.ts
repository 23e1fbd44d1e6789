/**
 * The part of OData that filters of runs are written in: comparisons joined by `and` and `or`, with parentheses.
 * Strings stand in double or single quotes. Pure. Source: spec azureml-v1-wire.md §3.4.
 *
 * What is not understood is told, never ignored: a filter that was half read would answer runs nobody asked for.
 */
import type { HistoryRun } from "../../contract/historyRun";

export type RunCondition =
  | { readonly kind: "and" | "or"; readonly of: readonly RunCondition[] }
  | {
      readonly kind: "compare";
      readonly path: string;
      readonly operator: Operator;
      readonly value: string | null;
    };

const operators = ["eq", "ne", "gt", "ge", "lt", "le"] as const;
type Operator = (typeof operators)[number];

export type ParsedRunFilter =
  { readonly ok: true; readonly condition: RunCondition } | { readonly ok: false; readonly problem: string };

type Field = (run: HistoryRun) => string | null;

const texts: Readonly<Record<string, Field>> = {
  runid: (run) => run.runId,
  parentrunid: (run) => run.parentRunId,
  rootrunid: (run) => run.rootRunId,
  experimentid: (run) => run.experimentId,
  name: (run) => run.name,
  displayname: (run) => run.displayName,
  status: (run) => run.status,
  runtype: (run) => run.runType,
};
const instants: Readonly<Record<string, Field>> = {
  createdutc: (run) => run.createdUtc,
  starttimeutc: (run) => run.startTimeUtc,
  endtimeutc: (run) => run.endTimeUtc,
};

const longest = 4_000;
const deepest = 32;

class Misread extends Error {}

export function parseRunFilter(text: string): ParsedRunFilter {
  if (text.length > longest) return { ok: false, problem: `It is longer than ${longest} characters.` };
  try {
    const reader = new Reader(tokensOf(text));
    const condition = text.trim() === "" ? always : reader.alternatives(0);
    reader.end();
    return { ok: true, condition };
  } catch (error) {
    if (error instanceof Misread) return { ok: false, problem: error.message };
    throw error;
  }
}

const always: RunCondition = { kind: "and", of: [] };

export function matchesRun(condition: RunCondition, run: HistoryRun): boolean {
  switch (condition.kind) {
    case "and":
      return condition.of.every((one) => matchesRun(one, run));
    case "or":
      return condition.of.some((one) => matchesRun(one, run));
    case "compare":
      return compares(condition, run);
  }
}

/** The value that every run must have at `path`, if the filter says so outright. */
export function requiredValue(condition: RunCondition, path: string): string | null {
  if (condition.kind === "and") {
    for (const one of condition.of) {
      const value = requiredValue(one, path);
      if (value !== null) return value;
    }
    return null;
  }
  const isIt = condition.kind === "compare" && condition.operator === "eq" && condition.path === path;
  return isIt ? condition.value : null;
}

function compares(
  { path, operator, value }: Extract<RunCondition, { kind: "compare" }>,
  run: HistoryRun,
): boolean {
  const instant = instants[path];
  const actual = (instant ?? fieldOf(path))(run);
  if (value === null || actual === null) {
    return operator === "eq" ? actual === value : operator === "ne" && actual !== value;
  }
  const difference =
    instant === undefined ? Number(actual !== value) : Date.parse(actual) - Date.parse(value);
  switch (operator) {
    case "eq":
      return difference === 0;
    case "ne":
      return difference !== 0;
    case "gt":
      return difference > 0;
    case "ge":
      return difference >= 0;
    case "lt":
      return difference < 0;
    case "le":
      return difference <= 0;
  }
}

function fieldOf(path: string): Field {
  const [, room, key = ""] = /^(tags|properties)\/(.+)$/s.exec(path) ?? [];
  if (room === "tags") return ({ tags }) => (Object.hasOwn(tags, key) ? (tags[key] ?? null) : null);
  if (room === "properties") {
    return ({ properties }) => (Object.hasOwn(properties, key) ? (properties[key] ?? null) : null);
  }
  const field = texts[path];
  if (field === undefined) throw new Error(`no field ${path}`);
  return field;
}

/** Names in lower case, for v1's clients do not agree on them; keys of tags and properties as they are. */
function pathOf(word: string): string {
  const [, room, key] = /^(tags|properties)\/(.+)$/is.exec(word) ?? [];
  if (room !== undefined && key !== undefined) return `${room.toLowerCase()}/${key}`;
  const name = word.toLowerCase();
  if (Object.hasOwn(texts, name) || Object.hasOwn(instants, name)) return name;
  throw new Misread(`Runs cannot be filtered by ${JSON.stringify(word.slice(0, 80))}.`);
}

type Token =
  | { readonly kind: "open" }
  | { readonly kind: "close" }
  | { readonly kind: "string"; readonly text: string }
  | { readonly kind: "word"; readonly text: string };

const lexeme = /\s*(?:([()])|"((?:[^"\\]|\\.)*)"|'((?:[^']|'')*)'|([^\s()"']+))/y;

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  lexeme.lastIndex = 0;
  while (lexeme.lastIndex < trimmed.length) {
    const at = lexeme.lastIndex;
    const found = lexeme.exec(trimmed);
    if (found === null)
      throw new Misread(`It cannot be read from ${JSON.stringify(trimmed.slice(at, at + 20))} on.`);
    const [, bracket, double, single, word] = found;
    if (bracket !== undefined) tokens.push({ kind: bracket === "(" ? "open" : "close" });
    else if (double !== undefined) tokens.push({ kind: "string", text: double.replaceAll(/\\(.)/gs, "$1") });
    else if (single !== undefined) tokens.push({ kind: "string", text: single.replaceAll("''", "'") });
    else tokens.push({ kind: "word", text: word ?? "" });
  }
  return tokens;
}

class Reader {
  private at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  alternatives(depth: number): RunCondition {
    const of = [this.conjunction(depth)];
    while (this.skipWord("or")) of.push(this.conjunction(depth));
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: "or", of };
  }

  end(): void {
    if (this.at < this.tokens.length) throw new Misread("Something follows its end.");
  }

  private conjunction(depth: number): RunCondition {
    const of = [this.term(depth)];
    while (this.skipWord("and")) of.push(this.term(depth));
    return of.length === 1 && of[0] !== undefined ? of[0] : { kind: "and", of };
  }

  private term(depth: number): RunCondition {
    if (depth > deepest) throw new Misread(`Its parentheses are more than ${deepest} deep.`);
    const token = this.next();
    if (token.kind === "word") return this.comparison(token.text);
    if (token.kind !== "open") throw new Misread("A comparison was expected.");
    const inner = this.alternatives(depth + 1);
    if (this.next().kind !== "close") throw new Misread("A parenthesis is not closed.");
    return inner;
  }

  private comparison(word: string): RunCondition {
    const path = pathOf(word);
    const operator = this.operator(path);
    const token = this.next();
    if (token.kind !== "string" && token.kind !== "word") throw new Misread("A value was expected.");
    const isNull = token.kind === "word" && token.text.toLowerCase() === "null";
    const value = isNull ? null : token.text;
    if (value !== null && Object.hasOwn(instants, path) && Number.isNaN(Date.parse(value))) {
      throw new Misread(`${JSON.stringify(value.slice(0, 80))} is no instant.`);
    }
    return { kind: "compare", path, operator, value };
  }

  private operator(path: string): Operator {
    const token = this.next();
    const text = token.kind === "word" ? token.text.toLowerCase() : "";
    const operator = operators.find((one) => one === text);
    const isOrder = operator !== undefined && operator !== "eq" && operator !== "ne";
    if (operator === undefined || (isOrder && !Object.hasOwn(instants, path))) {
      throw new Misread("Texts are compared by eq and ne, instants by gt, ge, lt and le as well.");
    }
    return operator;
  }

  private next(): Token {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Misread("It ends too early.");
    this.at += 1;
    return token;
  }

  private skipWord(word: string): boolean {
    const token = this.tokens[this.at];
    const isIt = token?.kind === "word" && token.text.toLowerCase() === word;
    if (isIt) this.at += 1;
    return isIt;
  }
}
