/**
 * The gate for YAML text: one document of maps with text keys, lists and plain values, and nothing that could be
 * costly or run code.
 *
 * Invariants of an accepted document:
 * 1. Every key is a text and stands once in its map; tags, second documents and tabs as indentation are refused.
 * 2. Aliases and merge keys are followed; what they make of the document has at most `mostNodes` values.
 * Source: spec azureml-v1-yaml.md §0 ("Parser facts").
 */
import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Alias,
  type Document,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import { readFileOf, type FileProblem, type ReadFile } from "./fileProblem";
import type { YamlEntry, YamlNode } from "./yamlNode";

const mostCharacters = 1_000_000;
const mostNodes = 50_000;
const deepest = 60;

/** Code: `InvalidYaml`. */
export function parseYaml(file: string, text: string): ReadFile<YamlNode> {
  if (text.length > mostCharacters) {
    const expected = `at most ${mostCharacters} characters`;
    return readFileOf<YamlNode>(undefined, [
      invalid(file, { line: 1, column: 1 }, expected, `${text.length}`),
    ]);
  }
  const lines = new LineCounter();
  const document = compose(text, lines);
  if (document === undefined) {
    const expected = `values nested at most ${deepest} deep`;
    return readFileOf<YamlNode>(undefined, [invalid(file, { line: 1, column: 1 }, expected, "more")]);
  }
  const found = [...document.errors, ...document.warnings].map(({ pos, message }) => {
    const { line, col } = lines.linePos(pos[0]);
    return invalid(file, { line, column: col }, "YAML", firstLine(message));
  });
  if (found.length > 0) return readFileOf<YamlNode>(undefined, found);
  const walk = new Walk(file, document, lines);
  const node = walk.read(document.contents, 0);
  return readFileOf(node, walk.problems);
}

/** Undefined when the text is nested too deeply for the parser itself. */
function compose(text: string, lineCounter: LineCounter): Document | undefined {
  try {
    return parseDocument(text, { version: "1.2", uniqueKeys: true, prettyErrors: false, lineCounter });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

class Walk {
  readonly problems: FileProblem[] = [];
  private count = 0;
  private readonly anchors = new Map<string, Node[]>();

  constructor(
    private readonly file: string,
    document: Document,
    private readonly lines: LineCounter,
  ) {
    visit(document, {
      Node: (_, node) => {
        const { anchor } = node as { readonly anchor?: string };
        if (anchor !== undefined) this.anchors.set(anchor, [...(this.anchors.get(anchor) ?? []), node]);
      },
    });
  }

  /** Undefined once something is wrong. */
  read(node: unknown, depth: number): YamlNode | undefined {
    const reason = this.reasonAgainst(node, depth);
    if (reason !== undefined) {
      this.refuse(node, ...reason);
      return undefined;
    }
    const position = this.positionOf(node);
    if (isAlias(node)) return this.read(this.target(node), depth + 1);
    if (isScalar(node)) return this.scalar(node.value, node);
    if (isSeq(node)) return this.list(node.items, node, depth);
    if (isMap(node)) return this.map(node, depth);
    return { kind: "scalar", value: null, position };
  }

  private reasonAgainst(
    node: unknown,
    depth: number,
  ): readonly [expected: string, received: string] | undefined {
    this.count += 1;
    if (this.count > mostNodes) return [`at most ${mostNodes} values, aliases followed`, "more"];
    if (depth > deepest) return [`values nested at most ${deepest} deep`, "more"];
    if (isAlias(node) && this.target(node) === undefined)
      return ["the name of an anchor above it", node.source];
    return isNode(node) && !isAlias(node) && isTagged(node) ? ["a value without a tag", node.tag] : undefined;
  }

  /** What the alias stands for: the last node above it that has its name. */
  private target(alias: Alias): Node | undefined {
    const named = this.anchors.get(alias.source) ?? [];
    return named.findLast((node) => offsetOf(node) < offsetOf(alias));
  }

  private scalar(value: unknown, node: unknown): YamlNode | undefined {
    const position = this.positionOf(node);
    if (value === null || typeof value === "string" || typeof value === "boolean") {
      return { kind: "scalar", value, position };
    }
    if (typeof value === "number" && Number.isFinite(value)) return { kind: "scalar", value, position };
    this.refuse(node, "a finite number that fits", typeof value);
    return undefined;
  }

  private list(items: readonly unknown[], node: unknown, depth: number): YamlNode | undefined {
    const read: YamlNode[] = [];
    for (const item of items) {
      const one = this.read(item, depth + 1);
      if (one === undefined) return undefined;
      read.push(one);
    }
    return { kind: "list", items: read, position: this.positionOf(node) };
  }

  private map(node: YAMLMap, depth: number): YamlNode | undefined {
    const own = new Map<string, YamlEntry>();
    const merged = new Map<string, YamlEntry>();
    for (const pair of node.items) {
      const key = this.keyOf(pair);
      if (key === undefined) return undefined;
      const value = this.read(pair.value, depth + 1);
      if (value === undefined) return undefined;
      if (key !== mergeKey) own.set(key, { position: this.positionOf(pair.key), value });
      else if (!this.merge(merged, value, pair)) return undefined;
    }
    return {
      kind: "map",
      entries: new Map([...merged, ...own]),
      position: this.positionOf(node.items[0]?.key ?? node),
    };
  }

  /** Of several maps the first that has a key says it. */
  private merge(into: Map<string, YamlEntry>, value: YamlNode, pair: Pair): boolean {
    const maps = value.kind === "list" ? value.items : [value];
    for (const map of maps) {
      if (map.kind !== "map") {
        this.refuse(pair.key, "a map, or a list of maps, behind the merge key <<", "something else");
        return false;
      }
      for (const [key, entry] of map.entries) if (!into.has(key)) into.set(key, entry);
    }
    return true;
  }

  private keyOf({ key }: Pair): string | undefined {
    const found = isAlias(key) ? this.target(key) : key;
    if (isScalar(found) && !isTagged(found)) {
      // `5:` and `true:` are keys of v1's files by their spelling.
      const text = typeof found.value === "string" ? found.value : (found.source ?? "");
      if (text !== "" && text !== "__proto__") return text;
    }
    this.refuse(key, "a text as key", isScalar(found) ? String(found.value) : "something else");
    return undefined;
  }

  private positionOf(node: unknown): { readonly line: number; readonly column: number } {
    const { line, col } = this.lines.linePos(isNode(node) ? offsetOf(node) : 0);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }

  private refuse(node: unknown, expected: string, received: string): void {
    this.problems.push(invalid(this.file, this.positionOf(node), expected, received));
  }
}

const offsetOf = (node: Node): number => node.range?.[0] ?? 0;

const mergeKey = "<<";

function isTagged(node: Node): node is Node & { readonly tag: string } {
  const tag = node.tag ?? "";
  return (
    tag !== "" &&
    tag !== "?" &&
    tag !== "!" &&
    !/^tag:yaml\.org,2002:(str|int|float|bool|null|seq|map)$/.test(tag)
  );
}

function invalid(
  file: string,
  position: { readonly line: number; readonly column: number },
  expected: string,
  received: string,
): FileProblem {
  const shortened = received.slice(0, 200);
  return {
    code: "InvalidYaml",
    file,
    ...position,
    field: "",
    expected,
    received: shortened,
    severity: "error",
  };
}

const firstLine = (message: string): string => message.split("\n")[0] ?? message;
