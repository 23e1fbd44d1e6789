/** A YAML document as plain values that remember where each of them stands. */

/** From 1, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export type YamlScalar = string | number | boolean | null;

export type YamlNode =
  | { readonly kind: "scalar"; readonly value: YamlScalar; readonly position: Position }
  | { readonly kind: "list"; readonly items: readonly YamlNode[]; readonly position: Position }
  | { readonly kind: "map"; readonly entries: ReadonlyMap<string, YamlEntry>; readonly position: Position };

export interface YamlEntry {
  /** Where the key stands. */
  readonly position: Position;
  readonly value: YamlNode;
}

export type YamlPath = readonly (string | number)[];

/** The values alone. Objects have no prototype, so that no key means anything else than itself. */
export function plainOf(node: YamlNode): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(plainOf);
    case "map": {
      const plain = Object.create(null) as Record<string, unknown>;
      for (const [key, { value }] of node.entries) plain[key] = plainOf(value);
      return plain;
    }
  }
}

export function entryOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return node?.kind === "map" ? node.entries.get(key)?.value : undefined;
}

/** The value at `path`, or undefined when there is none. */
export function nodeAt(root: YamlNode, path: YamlPath): YamlNode | undefined {
  return path.reduce<YamlNode | undefined>(childOf, root);
}

/** How many parts of `path` the document has. */
export function depthOf(root: YamlNode, path: YamlPath): number {
  const missing = path.findIndex((_, index) => nodeAt(root, path.slice(0, index + 1)) === undefined);
  return missing === -1 ? path.length : missing;
}

/** Where the value of `path` stands; of a key that is not there, where what should have it begins. */
export function positionOf(root: YamlNode, path: YamlPath): Position {
  return (nodeAt(root, path.slice(0, depthOf(root, path))) ?? root).position;
}

/** Where the key at the end of `path` stands. */
export function keyPositionOf(root: YamlNode, path: YamlPath): Position {
  const map = nodeAt(root, path.slice(0, -1));
  const found = map?.kind === "map" ? map.entries.get(String(path.at(-1))) : undefined;
  return found?.position ?? positionOf(root, path);
}

function childOf(node: YamlNode | undefined, part: string | number): YamlNode | undefined {
  return node?.kind === "list" ? node.items[Number(part)] : entryOf(node, String(part));
}
