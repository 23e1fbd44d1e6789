/**
 * Says in plain words by which parts two keys of a step differ. Pure.
 *
 * Invariants:
 * 1. Keys that differ have a difference: the answer is empty for equal parts only.
 * 2. A change that shows in several parts (a parameter that is also an argument, an upstream step with several
 *    outputs) is told once.
 */
import { assertNever } from "../model/assertNever";
import { isSamePart, partId, type KeyPart } from "./fingerprint";

/** What the parts themselves do not say. */
export interface DifferenceFacts {
  /** The files that differ, such as `prepare.py changed`; empty when it is not known which. */
  readonly files: readonly string[];
  /** By name of an upstream step: it was reused, from another run than last time. */
  readonly reusedUpstream: ReadonlySet<string>;
}

interface Change {
  readonly before: KeyPart | undefined;
  readonly after: KeyPart | undefined;
}

/** In the order of the parts. */
export function keyDifference(
  before: readonly KeyPart[],
  after: readonly KeyPart[],
  facts: DifferenceFacts,
): readonly string[] {
  const earlier = new Map(before.map((part) => [partId(part), part]));
  const later = new Map(after.map((part) => [partId(part), part]));
  const changes: Change[] = [
    ...after.map((part) => ({ before: earlier.get(partId(part)), after: part })),
    ...before.filter((part) => !later.has(partId(part))).map((part) => ({ before: part, after: undefined })),
  ].filter((change) => !(change.before && change.after && isSamePart(change.before, change.after)));
  const told = withoutEchoes(changes).flatMap((change) => describe(change, facts));
  if (told.length === 0 && !isSameOrder(before, after)) return ["the arguments come in another order"];
  return [...new Set(told)];
}

function isSameOrder(before: readonly KeyPart[], after: readonly KeyPart[]): boolean {
  return (
    before.length === after.length && before.every((part, at) => partId(part) === partId(after[at] ?? part))
  );
}

/** An option is told by what follows it; a parameter that is an argument too by the argument. */
function withoutEchoes(changes: readonly Change[]): readonly Change[] {
  const following = new Set(
    changes
      .map(partOf)
      .flatMap(({ kind, name }) => (kind === "argument" || kind === "portArgument" ? [name] : [])),
  );
  const values = new Set(changes.filter((change) => partOf(change).kind === "argument").map(valuesOf));
  return changes.filter((change) => {
    const { kind, name } = partOf(change);
    if (kind === "flag") return !following.has(name);
    return kind !== "parameter" || !values.has(valuesOf(change));
  });
}

function partOf({ before, after }: Change): KeyPart {
  const part = after ?? before;
  if (part === undefined) throw new Error("a change has a part");
  return part;
}

function valuesOf({ before, after }: Change): string {
  return JSON.stringify([before?.value, before?.hash, after?.value, after?.hash]);
}

function describe(change: Change, facts: DifferenceFacts): readonly string[] {
  const part = partOf(change);
  switch (part.kind) {
    case "files":
      return facts.files.length > 0 ? facts.files : ["the files of its source directory changed"];
    case "hashPaths":
      return ["a file that hash_paths names changed"];
    case "name":
    case "script":
    case "version":
    case "python":
    case "image":
      return [moved(part.kind, change)];
    case "computeTarget":
      return [moved("compute target", change)];
    case "flag":
    case "argument":
    case "portArgument":
      return [moved(argumentName(part), change)];
    case "localPath":
      return [moved(`local path of ${part.name}`, change)];
    case "upstream":
      return [upstream(change, part.step ?? "", facts)];
    case "input":
    case "output":
    case "parameter":
    case "variable":
    case "package":
    case "setting":
      return [moved(`${part.kind} ${part.name}`, change)];
    default:
      return assertNever(part.kind);
  }
}

function argumentName({ name, nth = 1 }: KeyPart): string {
  if (name === "") return nth === 1 ? "argument" : `argument ${nth}`;
  return nth === 1 ? `argument ${name}` : `argument ${name} (${nth})`;
}

function upstream({ before, after }: Change, step: string, { reusedUpstream }: DifferenceFacts): string {
  if (before === undefined) return `upstream step ${step} is new`;
  if (after === undefined) return `upstream step ${step} is gone`;
  return reusedUpstream.has(step)
    ? `upstream step ${step} was reused from another run`
    : `upstream step ${step} ran anew`;
}

const longestShown = 60;

function moved(what: string, { before, after }: Change): string {
  if (before === undefined) return `${what} is new`;
  if (after === undefined) return `${what} is gone`;
  if (before.value === after.value || isTooLong(before) || isTooLong(after)) return `${what} changed`;
  return `${what} ${shown(before.value)} → ${shown(after.value)}`;
}

function isTooLong({ value, hash }: KeyPart): boolean {
  return hash !== undefined || value.length > longestShown;
}

function shown(value: string): string {
  return value === "" ? '""' : value;
}
