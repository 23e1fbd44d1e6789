import { existsSync, readdirSync } from "node:fs";
import path from "node:path";

/** Whether the text is a pattern and not the name of one file. */
export function isPattern(text: string): boolean {
  return /[*?{[]/.test(text);
}

/**
 * The regular expression of a file pattern: `*` and `?` within a segment, `**` over segments, `{a,b}` and `[abc]`.
 * Paths use forward slashes.
 */
export function patternToRegExp(pattern: string): RegExp {
  let source = "";
  let depth = 0;
  for (let at = 0; at < pattern.length; at++) {
    const rest = pattern.slice(at);
    const char = pattern.charAt(at);
    if (rest.startsWith("**/")) {
      source += "(?:[^/]+/)*";
      at += 2;
    } else if (rest.startsWith("**")) {
      source += ".*";
      at += 1;
    } else if (char === "*") source += "[^/]*";
    else if (char === "?") source += "[^/]";
    else if (char === "{") {
      depth += 1;
      source += "(?:";
    } else if (char === "}" && depth > 0) {
      depth -= 1;
      source += ")";
    } else if (char === "," && depth > 0) source += "|";
    else if (char === "[" || char === "]") source += char;
    else source += char.replace(/[\\^$.|+()]/g, "\\$&");
  }
  return new RegExp(`^${source}$`);
}

/** Files below `root` that `pattern` names, sorted; a literal name gives that file or nothing. Never enters node_modules. */
export function matchFiles(root: string, pattern: string): string[] {
  const normal = pattern.replace(/\\/g, "/").replace(/^\.\//, "");
  if (!isPattern(normal)) return existsSync(path.join(root, normal)) ? [normal] : [];
  const expression = patternToRegExp(normal);
  return listFiles(root, "")
    .filter((file) => expression.test(file))
    .sort();
}

function listFiles(root: string, below: string): string[] {
  return readdirSync(path.join(root, below), { withFileTypes: true }).flatMap((entry) => {
    const name = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory())
      return entry.name === "node_modules" || entry.name.startsWith(".") ? [] : listFiles(root, name);
    return [name];
  });
}
