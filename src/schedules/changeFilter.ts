/** Which blobs of a watched folder count, as a caller says it, and whether one does. Pure. */
import { compileGlobs, type GlobMatcher } from "../model/glob";
import type { Parsed, Problem } from "../model/problem";
import { v1ChangeFilter, type ChangeFilter, type RequestedRule } from "./schedules";

const mostGlobs = 50;
const longestGlob = 500;
/** Of a list: a row holds 32,000 characters of a trigger, two lists and a path. */
const longestGlobs = 12_000;
const longestSettleSeconds = 86_400;
const deepest = 100;

/** How long an append blob must stay as it is where nothing is said: nobody tells when it is complete. */
const settleSecondsOfAppendBlobs = 60;

/** Reports all problems at once. */
export function parseChangeFilter(given: NonNullable<RequestedRule["filter"]>): Parsed<ChangeFilter> {
  const problems: Problem[] = [];
  const read = <T>(
    field: string,
    value: unknown,
    fallback: T,
    isValid: (value: unknown) => value is T,
    expected: string,
  ): T => {
    if (value === undefined || value === null) return fallback;
    if (isValid(value)) return value;
    const received = ((JSON.stringify(value) as string | undefined) ?? "nothing").slice(0, 100);
    problems.push({ code: "InvalidSchedule", field, expected, received });
    return fallback;
  };
  const globs = `a list of at most ${mostGlobs} globs, together at most ${longestGlobs} characters`;
  const v1 = v1ChangeFilter;
  const filter: ChangeFilter = {
    depth: read("depth", given.depth, v1.depth, isDepth, `"all" or a whole number from 0 to ${deepest}`),
    include: read("include", given.include, v1.include, isGlobList, globs),
    exclude: read("exclude", given.exclude, v1.exclude, isGlobList, globs),
    minimumBytes: read("minimum_bytes", given.minimumBytes, 0, isWhole(2 ** 50), "a whole number from 0"),
    ignoreEmpty: read("ignore_empty", given.ignoreEmpty, v1.ignoreEmpty, isFlag, "true or false"),
    settleSeconds: read(
      "settle_seconds",
      given.settleSeconds,
      v1.settleSeconds,
      isWhole(longestSettleSeconds),
      `a whole number from 0 to ${longestSettleSeconds}`,
    ),
    ownWrites: read("own_writes", given.ownWrites, v1.ownWrites, isFlag, "true or false"),
  };
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: filter };
}

const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

const isWhole =
  (most: number) =>
  (value: unknown): value is number =>
    typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most;

const isDepth = (value: unknown): value is number | "all" => value === "all" || isWhole(deepest)(value);

const isGlobList = (value: unknown): value is readonly string[] =>
  Array.isArray(value) &&
  value.length <= mostGlobs &&
  value.every((item) => typeof item === "string" && item !== "" && item.length <= longestGlob) &&
  JSON.stringify(value).length <= longestGlobs;

/** What a filter looks at. */
export interface FilteredBlob {
  /** Below the watched folder, without leading slash. */
  readonly name: string;
  /** null = not known. */
  readonly size: number | null;
}

export type FilterReason =
  | "in a sub-folder of the watched folder"
  | "not included"
  | "excluded"
  | "empty"
  | "smaller than the minimum";

/** Why a blob does not count; undefined = it does. A size that is not known is no reason. */
export function findFilterReason(
  filter: ChangeFilter,
  { name, size }: FilteredBlob,
): FilterReason | undefined {
  if (depthOf(name) > depthNumber(filter)) return "in a sub-folder of the watched folder";
  if (filter.include.length > 0 && !matches(filter.include, name)) return "not included";
  if (matches(filter.exclude, name)) return "excluded";
  if (size === null) return undefined;
  if (filter.ignoreEmpty && size === 0) return "empty";
  return size < filter.minimumBytes ? "smaller than the minimum" : undefined;
}

export const depthNumber = ({ depth }: ChangeFilter): number => (depth === "all" ? Infinity : depth);

/** Number of folders in a name. */
export const depthOf = (name: string): number => name.split("/").length - 1;

/** A glob without a slash means the blob's own name, wherever it lies. Names may begin with a dot. */
function matches(globs: readonly string[], name: string): boolean {
  const matcher = matchers.get(globs) ?? matcherOf(globs);
  matchers.set(globs, matcher);
  return matcher(name);
}

/** A listing asks the same filter about each blob. */
const matchers = new WeakMap<readonly string[], GlobMatcher>();

function matcherOf(globs: readonly string[]): GlobMatcher {
  const onPath = compileGlobs(globs.filter((glob) => glob.includes("/")));
  const onOwn = compileGlobs(globs.filter((glob) => !glob.includes("/")));
  return (name) => onPath(name) || onOwn(name.slice(name.lastIndexOf("/") + 1));
}

/** Milliseconds for which a blob of this type must stay as it is. */
export function settleMsOf(filter: ChangeFilter, blobType: string): number {
  const fallback = blobType === "AppendBlob" ? settleSecondsOfAppendBlobs : 0;
  return (filter.settleSeconds ?? fallback) * 1000;
}
