/** The tree of names in which a snapshot's files travel; here they are plain relative paths. Source: spec azureml-v1-wire.md §4.3. */
import { z } from "zod";
import { relativePath } from "./relativePath";
import type { WireType } from "./wireType";

interface TreeNode {
  readonly name?: string | null | undefined;
  readonly type?: string | null | undefined;
  readonly children?: Readonly<Record<string, TreeNode>> | null | undefined;
}

const treeNode: z.ZodType<TreeNode> = z.lazy(() =>
  z.object({
    name: z.string().nullish(),
    type: z.string().nullish(),
    children: z.record(z.string(), treeNode).nullish(),
  }),
);

/** Deeper trees are no source directories; the limit keeps a hostile body from exhausting the stack. */
const maxDepth = 64;

/** Paths of all files below the root, sorted; empty folders leave no trace. */
export const directoryTree: WireType<readonly string[]> = {
  schema: z
    .unknown()
    .refine((value) => depth(value) <= maxDepth, `a tree at most ${maxDepth} folders deep`)
    .pipe(treeNode)
    .transform((root) => pathsBelow(root, "").sort())
    .pipe(z.array(relativePath.schema)),
  encode: (paths) => ({ name: "", type: "Directory", children: childrenOf(paths) }),
};

function pathsBelow(node: TreeNode, prefix: string): unknown[] {
  return Object.entries(node.children ?? {}).flatMap(([name, child]) =>
    child.type === "File" ? [prefix + name] : pathsBelow(child, `${prefix}${name}/`),
  );
}

function childrenOf(paths: readonly string[]): Readonly<Record<string, unknown>> {
  const folders = new Map<string, string[]>();
  const nodes: [string, unknown][] = [];
  for (const path of paths) {
    const slash = path.indexOf("/");
    if (slash < 0) nodes.push([path, { name: path, type: "File" }]);
    else
      folders.set(path.slice(0, slash), [
        ...(folders.get(path.slice(0, slash)) ?? []),
        path.slice(slash + 1),
      ]);
  }
  for (const [name, below] of folders)
    nodes.push([name, { name, type: "Directory", children: childrenOf(below) }]);
  return Object.fromEntries(nodes);
}

function depth(value: unknown): number {
  let level: unknown[] = [value];
  for (let count = 0; count <= maxDepth; count += 1) {
    level = level.flatMap(childNodes);
    if (level.length === 0) return count;
  }
  return maxDepth + 1;
}

function childNodes(value: unknown): unknown[] {
  if (typeof value !== "object" || value === null || !("children" in value)) return [];
  const { children } = value;
  return typeof children === "object" && children !== null ? Object.values(children) : [];
}
