/** Owns: cutting `$filter` text into tokens. Pure. Refuses characters that no token starts with. */
import { invalidInput } from "../http/storageError";

export type Token =
  | {
      readonly kind: "open" | "close" | "word" | "string" | "number";
      readonly text: string;
      readonly at: number;
    }
  | {
      readonly kind: "typed";
      readonly prefix: "datetime" | "guid" | "binary";
      readonly text: string;
      readonly at: number;
    };

const PATTERN =
  /\s*(?:(\()|(\))|(datetime|guid|binary|X)'((?:[^']|'')*)'|'((?:[^']|'')*)'|(-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[LlDdFfMm]?)(?![\w.])|([\p{L}_][\p{L}\p{Nd}_]*))/uy;

export function tokenise(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  let at = 0;
  while (at < end) {
    PATTERN.lastIndex = at;
    const found = PATTERN.exec(text);
    if (found === null)
      throw invalidInput(`The filter is not understood at position ${at}: ${text.slice(0, 200)}`);
    tokens.push(tokenOf(found, at));
    at = PATTERN.lastIndex;
  }
  return tokens;
}

function tokenOf(found: RegExpExecArray, at: number): Token {
  const [, open, close, prefix, typed, string, number, word] = found;
  if (open !== undefined) return { kind: "open", text: open, at };
  if (close !== undefined) return { kind: "close", text: close, at };
  if (prefix !== undefined) return { kind: "typed", prefix: prefixOf(prefix), text: typed ?? "", at };
  if (string !== undefined) return { kind: "string", text: string.replaceAll("''", "'"), at };
  if (number !== undefined) return { kind: "number", text: number, at };
  return { kind: "word", text: word ?? "", at };
}

function prefixOf(prefix: string): "datetime" | "guid" | "binary" {
  return prefix === "datetime" || prefix === "guid" ? prefix : "binary";
}
