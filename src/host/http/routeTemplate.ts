/**
 * Route templates of HTTP functions, matched as ASP.NET Core's classic routing does. Pure.
 *
 * 1. Matching ignores case; values are percent-decoded once, and never empty but for a catch-all's.
 * 2. A failed constraint is no match. An absent optional parameter or empty catch-all has no value; an absent
 *    parameter with a default has the default.
 * 3. In a segment of several parts the parameters further left take as much as they can.
 */
import { readSegments, RouteTemplateError, type ParameterPart, type RoutePart } from "./routeSyntax";

export { RouteTemplateError } from "./routeSyntax";

interface Form {
  readonly expression: RegExp;
  readonly parameters: readonly ParameterPart[];
}

type Segment =
  | { readonly kind: "parts"; readonly parts: readonly RoutePart[]; readonly forms: readonly Form[] }
  | { readonly kind: "rest"; readonly parameter: ParameterPart };

export interface RouteTemplate {
  readonly text: string;
  readonly segments: readonly Segment[];
}

type Params = Readonly<Record<string, string>>;

/** Parses a template without its leading slash. */
export function parseRouteTemplate(text: string): RouteTemplate {
  const segments = readSegments(text);
  const names = segments
    .flat()
    .flatMap((part) => (part.kind === "parameter" ? [part.name.toLowerCase()] : []));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new RouteTemplateError(`the route '${text}' has the parameter '${twice}' twice`);
  return {
    text,
    segments: segments.map((parts, index) => toSegment(parts, index === segments.length - 1, text)),
  };
}

function toSegment(parts: readonly RoutePart[], isLast: boolean, route: string): Segment {
  const catchAll = parts.find((part) => part.kind === "parameter" && part.isCatchAll);
  if (catchAll?.kind === "parameter") {
    if (!isLast || parts.length > 1)
      throw new RouteTemplateError(`the route '${route}' has a catch-all that is not its whole last segment`);
    return { kind: "rest", parameter: catchAll };
  }
  parts.forEach((part, index) => {
    const next = parts[index + 1];
    if (part.kind === "parameter" && next?.kind === "parameter")
      throw new RouteTemplateError(`the route '${route}' has two parameters with nothing between them`);
    if (part.kind === "parameter" && part.isOptional && next !== undefined)
      throw new RouteTemplateError(
        `the route '${route}' has an optional parameter before the end of its segment`,
      );
  });
  return { kind: "parts", parts, forms: toForms(parts) };
}

/** The forms of a segment: with all its parts, and without a trailing `.{optional}`. */
function toForms(parts: readonly RoutePart[]): readonly Form[] {
  const last = parts.at(-1);
  const before = parts.at(-2);
  const whole = toForm(parts);
  if (last?.kind !== "parameter" || !last.isOptional || before?.kind !== "literal") return [whole];
  if (!before.text.endsWith(".")) return [whole];
  const stem = before.text.slice(0, -1);
  return [whole, toForm([...parts.slice(0, -2), ...(stem === "" ? [] : [{ ...before, text: stem }])])];
}

function toForm(parts: readonly RoutePart[]): Form {
  const source = parts
    .map((part) => (part.kind === "literal" ? part.text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&") : "(.+)"))
    .join("");
  const parameters = parts.filter((part) => part.kind === "parameter");
  return { expression: new RegExp(`^${source}$`, "is"), parameters };
}

/** The parameters of a raw (still encoded) path, or null when the template does not match. */
export function matchRoute(template: RouteTemplate, rawPath: string): Params | null {
  const given = rawPath
    .split("/")
    .filter((part) => part !== "")
    .map(decodeSegment);
  const { segments } = template;
  if (given.length > segments.length && segments.at(-1)?.kind !== "rest") return null;
  const values: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const found =
      segment.kind === "rest"
        ? bind(segment.parameter, given.slice(index).join("/"))
        : matchSegment(segment.parts, segment.forms, given[index]);
    if (found === null) return null;
    Object.assign(values, found);
  }
  return values;
}

function matchSegment(
  parts: readonly RoutePart[],
  forms: readonly Form[],
  text: string | undefined,
): Params | null {
  const [only] = parts;
  if (text === undefined) return parts.length === 1 && only?.kind === "parameter" ? bind(only, "") : null;
  for (const { expression, parameters } of forms) {
    const match = expression.exec(text);
    if (match === null) continue;
    const bound = parameters.map((parameter, index) => bind(parameter, match[index + 1] ?? ""));
    return bound.every((params) => params !== null) ? (Object.assign({}, ...bound) as Params) : null;
  }
  return null;
}

/** The value of one parameter: absent when it may be, null when it must not be or does not pass. */
function bind(parameter: ParameterPart, given: string): Params | null {
  const value = given === "" ? parameter.fallback : given;
  if (value === null) return parameter.isOptional || parameter.isCatchAll ? {} : null;
  return parameter.constraints.every((passes) => passes(value)) ? { [parameter.name]: value } : null;
}

/** Whether some path may match both templates. Constraints are not compared, so two that exclude each other count too. */
export function overlap(first: RouteTemplate, second: RouteTemplate): boolean {
  const shared = Math.min(first.segments.length, second.segments.length);
  for (let index = 0; index < shared; index++) {
    const [a, b] = [first.segments[index], second.segments[index]];
    if (a?.kind === "rest" || b?.kind === "rest") return true;
    const [left, right] = [literalOf(a), literalOf(b)];
    if (left !== null && right !== null && left !== right) return false;
  }
  return [...first.segments.slice(shared), ...second.segments.slice(shared)].every(mayBeAbsent);
}

function literalOf(segment: Segment | undefined): string | null {
  if (segment?.kind !== "parts") return null;
  const [part, ...others] = segment.parts;
  return part?.kind === "literal" && others.length === 0 ? part.text.toLowerCase() : null;
}

function mayBeAbsent(segment: Segment): boolean {
  if (segment.kind === "rest") return true;
  const [part, ...others] = segment.parts;
  return others.length === 0 && part?.kind === "parameter" && (part.isOptional || part.fallback !== null);
}

/** A path segment as text; one that is badly encoded stands for itself. */
export function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
