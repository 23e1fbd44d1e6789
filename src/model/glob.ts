/**
 * Globs on names with slashes: `*` and `?` within a segment, `**` over segments, `[a-z]`, `[!a-z]`, `{one,other}`, and
 * `\` before what is meant as it is. Names may begin with a dot; a glob's own `./` in front says nothing. Pure.
 *
 * Invariants:
 * 1. Matching costs at most the length of the glob times the length of the name: both may come from strangers, so it
 *    goes by sets of states, never by trying again.
 * 2. Every text is a glob: what opens nothing, or is not closed, means itself.
 */

/** Whether a name fits one of the globs. */
export type GlobMatcher = (name: string) => boolean;

export function compileGlobs(globs: readonly string[]): GlobMatcher {
  const programs = globs.map((glob) => compile(glob.replace(/^(?:\.\/)+/, "")));
  return (name) => programs.some((program) => runs(program, name));
}

/** The folder that all names of a glob lie in, and the rest below it; the rest of a path that is no glob is empty. */
export function splitGlob(path: string): { readonly base: string; readonly glob: string } {
  const special = path.search(/[*?[{\\]/);
  if (special < 0) return { base: path, glob: "" };
  const slash = path.lastIndexOf("/", special);
  return { base: path.slice(0, Math.max(0, slash)), glob: path.slice(slash + 1) };
}

/** Takes one character, or goes on at several places at once. */
type Instruction =
  | { readonly kind: "take"; readonly fits: (character: string) => boolean }
  | { readonly kind: "fork"; readonly to: number[] };

const notSlash = (character: string): boolean => character !== "/";
const anything = (): boolean => true;

function compile(glob: string): readonly Instruction[] {
  const program: Instruction[] = [];
  const take = (fits: (character: string) => boolean): void => {
    program.push({ kind: "take", fits });
  };
  const fork = (): number[] => {
    const to = [program.length + 1];
    program.push({ kind: "fork", to });
    return to;
  };
  /** Any number of characters. */
  const loop = (fits: (character: string) => boolean): void => {
    const start = program.length;
    const out = fork();
    take(fits);
    program.push({ kind: "fork", to: [start] });
    out.push(program.length);
  };
  const braces: { readonly start: number[]; readonly ends: number[][] }[] = [];
  const closing = closingBraces(glob);
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob.charAt(at);
    const classEnd = character === "[" ? endOfClass(glob, at) : -1;
    if (character === "\\" && at + 1 < glob.length) {
      at += 1;
      take(same(glob.charAt(at)));
    } else if (character === "*") {
      const stars = /^\*+/.exec(glob.slice(at))?.[0].length ?? 1;
      const startsSegment = at === 0 || glob.charAt(at - 1) === "/";
      const follows = glob.charAt(at + stars);
      at += stars - 1;
      if (stars < 2 || !startsSegment || (follows !== "" && follows !== "/")) loop(notSlash);
      else if (follows === "") loop(anything);
      else {
        // Any number of whole segments, none as well.
        const out = fork();
        loop(anything);
        take(same("/"));
        out.push(program.length);
        at += 1;
      }
    } else if (character === "?") take(notSlash);
    else if (classEnd > 0) {
      take(classOf(glob.slice(at + 1, classEnd)));
      at = classEnd;
    } else if (character === "{" && closing.has(at)) braces.push({ start: fork(), ends: [] });
    else if (character === "," && braces.length > 0) {
      const brace = braces.at(-1);
      brace?.ends.push(fork());
      brace?.ends.at(-1)?.pop();
      brace?.start.push(program.length);
    } else if (character === "}" && braces.length > 0)
      braces.pop()?.ends.forEach((end) => end.push(program.length));
    else take(same(character));
  }
  return program;
}

const same =
  (wanted: string) =>
  (character: string): boolean =>
    character === wanted;

/** Where braces open that are closed. */
function closingBraces(glob: string): ReadonlySet<number> {
  const open: number[] = [];
  const closed = new Set<number>();
  for (let at = 0; at < glob.length; at += 1) {
    const character = glob.charAt(at);
    if (character === "\\") at += 1;
    else if (character === "[") at = Math.max(at, endOfClass(glob, at));
    else if (character === "{") open.push(at);
    else if (character === "}") {
      const start = open.pop();
      if (start !== undefined) closed.add(start);
    }
  }
  return closed;
}

/** The bracket that closes a class; a bracket that comes first is in it. -1 = none does. */
function endOfClass(glob: string, start: number): number {
  const first = /[!^]/.test(glob.charAt(start + 1)) ? start + 2 : start + 1;
  return glob.indexOf("]", first + 1);
}

function classOf(text: string): (character: string) => boolean {
  const isNegated = /^[!^]/.test(text);
  const ranges = [...text.slice(isNegated ? 1 : 0).matchAll(/([^])-([^])|([^])/g)].map(
    ([, from, to, only]) => [from ?? only ?? "", to ?? only ?? ""] as const,
  );
  return (character) =>
    character !== "/" && ranges.some(([from, to]) => from <= character && character <= to) !== isNegated;
}

function runs(program: readonly Instruction[], name: string): boolean {
  let states = follow(program, [0]);
  for (let at = 0; at < name.length && states.size > 0; at += 1) {
    const next: number[] = [];
    for (const state of states) {
      const instruction = program[state];
      if (instruction?.kind === "take" && instruction.fits(name.charAt(at))) next.push(state + 1);
    }
    states = follow(program, next);
  }
  return states.has(program.length);
}

/** All states that are reached without a character. */
function follow(program: readonly Instruction[], from: readonly number[]): ReadonlySet<number> {
  const reached = new Set<number>();
  const open = [...from];
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    if (reached.has(state)) continue;
    reached.add(state);
    const instruction = program[state];
    if (instruction?.kind === "fork") open.push(...instruction.to);
  }
  return reached;
}
