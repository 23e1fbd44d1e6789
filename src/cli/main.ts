/** The `sluice` command: finds the subcommand, and turns every failure into words and an exit code. */
import { ServiceError, UnreachableError } from "../sdk/serviceError";
import { CliError, usageError } from "./cliError";
import { check } from "./commands/check";
import { help } from "./commands/help";
import { run } from "./commands/run";
import { runs } from "./commands/runs";
import { schedule } from "./commands/schedule";
import { start } from "./commands/start";
import { token } from "./commands/token";
import { upload } from "./commands/upload";
import { openTerminal, type Terminal } from "./terminal";

type Command = (args: readonly string[], terminal: Terminal) => number | Promise<number>;

const commands = new Map<string, Command>([
  ["start", start],
  ["token", token],
  ["runs", runs],
  ["run", run],
  ["check", check],
  ["upload", upload],
  ["schedule", schedule],
  ["help", (_args, terminal) => help(terminal)],
]);

/** Runs one command line, without the program's name, and answers its exit code; it never throws. */
export async function main(args: readonly string[]): Promise<number> {
  const terminal = openTerminal(process.stdout, process.stderr, process.env["NO_COLOR"]);
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    for (const line of explain(error)) terminal.error(line);
    return error instanceof CliError ? error.exitCode : 1;
  }
}

async function dispatch(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || args.includes("--help") || args.includes("-h")) return help(terminal);
  const command = commands.get(name);
  if (command === undefined) throw usageError(`There is no command ${name}: sluice help lists them.`);
  return command(rest, terminal);
}

/** What the user can act on; only a bug shows its stack. */
function explain(error: unknown): readonly string[] {
  if (error instanceof CliError) return [error.message];
  if (error instanceof UnreachableError) return [`${error.message} Start the service with npm start.`];
  if (error instanceof ServiceError) {
    return [error.message, ...error.problems.map(({ target, message }) => `  ${target}: ${message}`)];
  }
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}
