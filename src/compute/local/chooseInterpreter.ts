/** The interpreter that an attempt gets: that of local steps, a named one, or one of a virtual environment. */
import { writeFile } from "node:fs/promises";
import type { StepAttempt } from "../computeTarget";
import type { AttemptFolder } from "./attemptFolder";
import type { Environments } from "./environments";
import type { InterpreterFound, Interpreters } from "./interpreters";
import { pythonNeeds, type PythonNeeds } from "./pythonNeeds";
import { isNamedRelease } from "./pythonVersion";

interface Dependencies {
  readonly interpreters: Interpreters;
  readonly environments: Environments;
  /** Interpreter of local steps, as it was configured. */
  readonly defaultPython: string;
}

export type InterpreterChoice =
  | { readonly status: "chosen"; readonly python: string }
  | { readonly status: "rejected"; readonly reason: string }
  /** The attempt is not wanted any more. */
  | { readonly status: "abandoned" };

/**
 * Writes how it came about to the attempt's `environment.txt`, unless the step asks for nothing. `onLong` is called when an
 * environment has to be built.
 */
export async function chooseInterpreter(
  dependencies: Dependencies,
  folder: AttemptFolder,
  attempt: StepAttempt,
  signal: AbortSignal,
  onLong: () => void,
): Promise<InterpreterChoice> {
  const needs = pythonNeeds(attempt.pythonEnvironment);
  switch (needs.kind) {
    case "none":
      return choiceOf(await dependencies.interpreters.resolve(dependencies.defaultPython));
    case "interpreter":
      return choiceOf(await dependencies.interpreters.resolve(needs.path));
    case "refused":
      return { status: "rejected", reason: needs.reason };
    case "packages":
      return choosePackages(dependencies, folder, needs, signal, onLong);
  }
}

async function choosePackages(
  { interpreters, environments, defaultPython }: Dependencies,
  folder: AttemptFolder,
  { version, requirements }: Extract<PythonNeeds, { readonly kind: "packages" }>,
  signal: AbortSignal,
  onLong: () => void,
): Promise<InterpreterChoice> {
  const found =
    version === null ? await interpreters.resolve(defaultPython) : await interpreters.findVersion(version);
  if (found.status === "missing") return choiceOf(found);
  const { interpreter } = found;
  const note = noteOf(version, interpreter.version);
  const say = (text: string): Promise<void> => writeFile(folder.file("environment.txt"), note + text);
  if (requirements.length === 0) {
    await say(`Python ${interpreter.version} (${interpreter.executable})\n`);
    return { status: "chosen", python: interpreter.executable };
  }
  const ready = await environments.find(interpreter, requirements);
  if (ready !== undefined) {
    await say(`An environment that was built before is used. What its build said:\n\n${ready.log}`);
    return { status: "chosen", python: ready.python };
  }
  onLong();
  const outcome = await environments.build(interpreter, requirements, signal);
  if (outcome.status === "abandoned") return outcome;
  await say(outcome.log);
  if (outcome.status === "ready") return { status: "chosen", python: outcome.python };
  return { status: "rejected", reason: `environment: ${outcome.reason}` };
}

function noteOf(specifier: string | null, version: string): string {
  if (specifier === null || isNamedRelease(specifier, version)) return "";
  return `Python ${specifier} was asked for; ${version} of this machine stands in for it.\n`;
}

function choiceOf(found: InterpreterFound): InterpreterChoice {
  return found.status === "found"
    ? { status: "chosen", python: found.interpreter.executable }
    : { status: "rejected", reason: found.reason };
}
