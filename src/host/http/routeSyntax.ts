/** Reads the text of a route template into its parts, by the syntax of ASP.NET Core. Pure. */
import { parseRouteConstraint, RouteConstraintError, type RouteConstraint } from "./routeConstraint";

export interface LiteralPart {
  readonly kind: "literal";
  readonly text: string;
}

export interface ParameterPart {
  readonly kind: "parameter";
  readonly name: string;
  readonly constraints: readonly RouteConstraint[];
  /** What stands in for an absent value, or null. */
  readonly fallback: string | null;
  readonly isOptional: boolean;
  readonly isCatchAll: boolean;
}

export type RoutePart = LiteralPart | ParameterPart;

/** The template is malformed; the message is a part of a sentence. */
export class RouteTemplateError extends Error {}

/** The segments of a template, each a list of literals and parameters. Doubled braces stand for themselves. */
export function readSegments(route: string): readonly (readonly RoutePart[])[] {
  const segments: RoutePart[][] = [[]];
  let literal = "";
  const flush = (): void => {
    if (literal !== "") segments.at(-1)?.push({ kind: "literal", text: literal });
    literal = "";
  };
  for (let at = 0; at < route.length; at++) {
    const char = route.charAt(at);
    const isDoubled = route.charAt(at + 1) === char;
    if (char === "/") {
      flush();
      segments.push([]);
    } else if ((char === "{" || char === "}") && isDoubled) {
      literal += char;
      at += 1;
    } else if (char === "{") {
      flush();
      const end = findEnd(route, at + 1);
      segments.at(-1)?.push(readParameter(unescape(route.slice(at + 1, end)), route));
      at = end;
    } else if (char === "}") throw new RouteTemplateError(`the route '${route}' has a '}' without its '{'`);
    else literal += char;
  }
  flush();
  return segments.filter((parts) => parts.length > 0);
}

/** Where the parameter that starts at `from` ends: braces within it are doubled. */
function findEnd(route: string, from: number): number {
  for (let at = from; at < route.length; at++) {
    const char = route.charAt(at);
    if ((char === "{" || char === "}") && route.charAt(at + 1) === char) at += 1;
    else if (char === "}") return at;
  }
  throw new RouteTemplateError(`the route '${route}' has a '{' without its '}'`);
}

function unescape(text: string): string {
  return text.replace(/\{\{/g, "{").replace(/\}\}/g, "}");
}

function readParameter(text: string, route: string): ParameterPart {
  const match = /^(\*{0,2})([^/{}?*:=]+)(.*)$/s.exec(text);
  if (match === null)
    throw new RouteTemplateError(`the route '${route}' has the parameter '{${text}}', which has no name`);
  const [, stars = "", name = "", tail = ""] = match;
  const { constraints, rest } = readConstraints(tail, route);
  const isOptional = rest.endsWith("?") && !rest.startsWith("=");
  if (rest !== "" && rest !== "?" && !rest.startsWith("="))
    throw new RouteTemplateError(`the route '${route}' has the parameter '{${text}}', which cannot be read`);
  if (stars !== "" && isOptional)
    throw new RouteTemplateError(
      `the route '${route}' has an optional catch-all '{${text}}'; it may be empty anyway`,
    );
  const fallback = rest.startsWith("=") ? rest.slice(1) : null;
  return {
    kind: "parameter",
    name: name.trim(),
    constraints,
    fallback,
    isOptional,
    isCatchAll: stars !== "",
  };
}

/** Reads `:int:range(1,5)`; a constraint ends at `:`, `=` or `?` outside its parentheses. */
function readConstraints(tail: string, route: string): { constraints: RouteConstraint[]; rest: string } {
  const constraints: RouteConstraint[] = [];
  let rest = tail;
  while (rest.startsWith(":")) {
    const end = endOfConstraint(rest);
    try {
      constraints.push(parseRouteConstraint(rest.slice(1, end)));
    } catch (error) {
      if (!(error instanceof RouteConstraintError)) throw error;
      throw new RouteTemplateError(`in the route '${route}' ${error.message}`);
    }
    rest = rest.slice(end);
  }
  return { constraints, rest };
}

function endOfConstraint(rest: string): number {
  const open = /^:[A-Za-z]+\(/.exec(rest);
  if (open === null) {
    const next = rest.slice(1).search(/[:=?]/);
    return next < 0 ? rest.length : next + 1;
  }
  for (let at = rest.length - 1; at >= open[0].length; at--) {
    if (rest.charAt(at) === ")" && /^(?:$|\?$|=|:[A-Za-z]+)/.test(rest.slice(at + 1)) && isClosing(rest, at))
      return at + 1;
  }
  return rest.length;
}

/** Whether the parenthesis at `at` closes the first one. */
function isClosing(rest: string, at: number): boolean {
  let depth = 0;
  for (let index = 0; index <= at; index++) {
    const char = rest.charAt(index);
    if (char === "\\") index += 1;
    else if (char === "(") depth += 1;
    else if (char === ")") depth -= 1;
    if (depth === 0 && char === ")") return index === at;
  }
  return false;
}
