/**
 * What git says of a source directory, as properties of a run: where it comes from, branch, commit, and whether it
 * was changed since.
 *
 * 1. Without git, outside a repository, and for whatever git cannot say, there is no property; it is never an error.
 * 2. No credentials: they are taken out of the remote's address.
 * 3. Nothing is written, asked or fetched, no hook of the repository runs, and a slow git is given up.
 *
 * Source: spec azureml-v1.md §2.9.
 */
import { execFile } from "node:child_process";
import { withoutCredentials } from "../model/remoteUrl";

export interface GitOptions {
  /** Longest time for all of it; what is not said by then is left out. Default 5 s. */
  readonly timeLimitMs?: number;
  /** The command. Default `git`. */
  readonly command?: string;
}

type Ask = (...args: readonly string[]) => Promise<string | undefined>;

export async function gitProperties(
  directory: string,
  { timeLimitMs = 5_000, command = "git" }: GitOptions = {},
): Promise<Readonly<Record<string, string>>> {
  const deadline = AbortSignal.timeout(timeLimitMs);
  const ask: Ask = (...args) => run(command, ["-C", directory, ...quiet, ...args], deadline);
  if ((await ask("rev-parse", "--is-inside-work-tree")) !== "true") return {};
  const [remote, branch, commit, changes] = await Promise.all([
    ask("ls-remote", "--get-url"),
    ask("symbolic-ref", "--short", "HEAD"),
    ask("rev-parse", "--verify", "HEAD"),
    ask("status", "--porcelain", "."),
  ]);
  return {
    ...pair("repository_uri", "repoURL", addressOf(remote)),
    ...pair("branch", "branch", branch),
    ...pair("commit", "commit", commit),
    ...(changes === undefined ? {} : { [dirty]: changes === "" ? "False" : "True" }),
  };
}

const dirty = "azureml.git.dirty";
const quiet = ["-c", "core.fsmonitor=false", "-c", "core.quotePath=true"] as const;

/** Without a remote git answers the name that it would have. */
function addressOf(remote: string | undefined): string | undefined {
  if (remote === undefined || remote === "origin") return undefined;
  return withoutCredentials(remote);
}

function pair(own: string, mlflow: string, value: string | undefined): Readonly<Record<string, string>> {
  if (value === undefined || value === "") return {};
  return { [`azureml.git.${own}`]: value, [`mlflow.source.git.${mlflow}`]: value };
}

/** Trimmed output; undefined when the command is not there, fails, or takes too long. */
function run(command: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const options = { signal, killSignal: "SIGKILL", env: environment(), windowsHide: true } as const;
  return new Promise((answer) => {
    execFile(command, args, options, (error, stdout) => {
      // More output than fits is still an answer to whether there is any.
      const isCut = error?.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER";
      answer(error === null || isCut ? stdout.trim() : undefined);
    });
  });
}

/** A repository that an outer git command works on must not be taken for the directory's. */
function environment(): NodeJS.ProcessEnv {
  const outer = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"];
  const own = Object.entries(process.env).filter(([name]) => !outer.includes(name.toUpperCase()));
  return { ...Object.fromEntries(own), GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };
}
