/** Which route a path means. Literal segments compare without regard to case; the first route of the table wins. */
import type { Params, Route } from "./route";

export const workspacePattern =
  "subscriptions/{subscriptionId}/resourceGroups/{resourceGroup}" +
  "/providers/Microsoft.MachineLearningServices/workspaces/{workspaceName}";

export type Match =
  | { readonly kind: "route"; readonly route: Route; readonly params: Params }
  /** The path exists, with these methods. */
  | { readonly kind: "method"; readonly allowed: readonly string[] }
  | { readonly kind: "none" };

type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "param"; readonly prefix: string; readonly name: string }
  | { readonly kind: "rest"; readonly name: string };

interface CompiledRoute {
  readonly route: Route;
  readonly segments: readonly Segment[];
}

/** Compiles the table once; the answer matches decoded path segments. */
export function createRouteMatcher(table: readonly Route[]) {
  const compiled: readonly CompiledRoute[] = table.map((route) => ({
    route,
    segments: compile(route.pattern),
  }));
  return (method: string, path: readonly string[]): Match => {
    const allowed = new Set<string>();
    for (const { route, segments } of compiled) {
      const params = matchSegments(segments, path);
      if (params !== undefined && route.method === method) return { kind: "route", route, params };
      if (params !== undefined) allowed.add(route.method);
    }
    return allowed.size > 0 ? { kind: "method", allowed: [...allowed].sort() } : { kind: "none" };
  };
}

function compile(pattern: string): readonly Segment[] {
  const expanded = pattern.replace("{ws}", workspacePattern);
  return expanded === "" ? [] : expanded.split("/").map(compileSegment);
}

function compileSegment(text: string): Segment {
  const rest = /^\{(\w+)\.\.\.\}$/.exec(text);
  if (rest?.[1] !== undefined) return { kind: "rest", name: rest[1] };
  const param = /^([^{}]*)\{(\w+)\}$/.exec(text);
  if (param?.[1] !== undefined && param[2] !== undefined)
    return { kind: "param", prefix: param[1], name: param[2] };
  return { kind: "literal", text: text.toLowerCase() };
}

function matchSegments(segments: readonly Segment[], path: readonly string[]): Params | undefined {
  const hasRest = segments.at(-1)?.kind === "rest";
  if (hasRest ? path.length < segments.length : path.length !== segments.length) return undefined;
  const params = new Map<string, string>();
  for (const [index, segment] of segments.entries()) {
    const given = path[index] ?? "";
    if (segment.kind === "literal" && given.toLowerCase() !== segment.text) return undefined;
    if (segment.kind === "param" && !matchParam(segment, given, params)) return undefined;
    if (segment.kind === "rest") params.set(segment.name, path.slice(index).join("/"));
  }
  return params;
}

function matchParam(
  segment: Segment & { kind: "param" },
  given: string,
  params: Map<string, string>,
): boolean {
  if (!given.toLowerCase().startsWith(segment.prefix.toLowerCase())) return false;
  const value = given.slice(segment.prefix.length);
  params.set(segment.name, value);
  return value !== "";
}
