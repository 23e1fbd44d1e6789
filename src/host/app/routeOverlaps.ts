import { overlap } from "../http/routeTemplate";
import type { AppFunction } from "./functionTable";

/** Warns of routes that some request could match both of: the function that is first in order gets it. Pure. */
export function findRouteOverlaps(functions: readonly AppFunction[]): string[] {
  const https = functions.filter((fn) => fn.kind === "http");
  return https.flatMap((first, index) =>
    https
      .slice(index + 1)
      .filter(
        (second) => shareMethod(first.methods, second.methods) && overlap(first.template, second.template),
      )
      .map(
        (second) =>
          `The routes '${first.template.text}' of '${first.name}' and '${second.template.text}' of '${second.name}' overlap; '${first.name}' gets the requests that match both.`,
      ),
  );
}

function shareMethod(first: readonly string[] | null, second: readonly string[] | null): boolean {
  return first === null || second === null || first.some((method) => second.includes(method));
}
