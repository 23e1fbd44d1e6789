/**
 * Route templates of HTTP functions: literals, `{x}`, a trailing `{x?}`, and a catch-all `{*rest}` or `{**rest}`. Pure.
 *
 * 1. Matching ignores case; values are percent-decoded once.
 * 2. Constraints, defaults and segments that mix text and parameters are refused when the app is loaded.
 */

export type Segment =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "parameter"; readonly name: string; readonly isOptional: boolean }
  | { readonly kind: "rest"; readonly name: string };

export interface RouteTemplate {
  readonly text: string;
  readonly segments: readonly Segment[];
}

/** The template uses something this host does not emulate, or is malformed. */
export class RouteTemplateError extends Error {}

/** Parses a template without its leading slash. */
export function parseRouteTemplate(text: string): RouteTemplate {
  const parts = text.split("/").filter((part) => part !== "");
  const segments = parts.map((part) => parseSegment(part, text));
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (!isLast && segment.kind === "rest")
      throw new RouteTemplateError(`the route '${text}' has a catch-all before its end`);
    if (!isLast && segment.kind === "parameter" && segment.isOptional) {
      throw new RouteTemplateError(`the route '${text}' has an optional parameter before its end`);
    }
  });
  return { text, segments };
}

function parseSegment(part: string, route: string): Segment {
  if (!part.includes("{") && !part.includes("}")) return { kind: "literal", text: part.toLowerCase() };
  const match = /^\{(\*{0,2})([A-Za-z_][A-Za-z0-9_]*)(\??)\}$/.exec(part);
  if (match === null) {
    throw new RouteTemplateError(
      `the route '${route}' has the segment '${part}': constraints, defaults and mixed segments are not emulated by the local host; check the value in the function`,
    );
  }
  const [, stars = "", name = "", optional = ""] = match;
  if (stars !== "") return { kind: "rest", name };
  return { kind: "parameter", name, isOptional: optional !== "" };
}

/** The parameters of a raw (still encoded) path, or null when the template does not match. */
export function matchRoute(
  template: RouteTemplate,
  rawPath: string,
): Readonly<Record<string, string>> | null {
  const parts = rawPath.split("/").filter((part) => part !== "");
  const values: Record<string, string> = {};
  for (const [index, segment] of template.segments.entries()) {
    if (segment.kind === "rest") {
      const rest = parts.slice(index).map(decodeSegment);
      if (rest.length > 0) values[segment.name] = rest.join("/");
      return values;
    }
    const part = parts[index];
    if (part === undefined) return segment.kind === "parameter" && segment.isOptional ? values : null;
    if (segment.kind === "parameter") values[segment.name] = decodeSegment(part);
    else if (decodeSegment(part).toLowerCase() !== segment.text) return null;
  }
  return parts.length === template.segments.length ? values : null;
}

/** A path segment as text; one that is badly encoded stands for itself. */
export function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
