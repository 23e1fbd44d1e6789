/** Reads a command's options in plain words: what is wrong, and where the right ones are listed. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { usageError } from "./cliError";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Strict: an unknown option, a missing value or too many arguments are errors. `--no-x` switches the option `x` off. `names` are the arguments' names. */
export function readOptions<const O extends Options>(
  command: string,
  args: readonly string[],
  options: O,
  names: readonly string[] = [],
) {
  const { values, positionals } = parse(command, args, options);
  if (positionals.length === names.length) return { values, positionals };
  const expected = names.length === 0 ? "no arguments" : names.join(" ");
  const received = positionals.length === 0 ? "nothing" : positionals.join(" ");
  throw usageError(`sluice ${command} takes ${expected}, not ${received}: see sluice help.`);
}

function parse<const O extends Options>(command: string, args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, allowNegative: true, strict: true });
  } catch (error) {
    throw usageError(`sluice ${command}: ${firstSentence(error)}: see sluice help.`);
  }
}

function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split(/\n|\.( |$)/)[0] ?? message).replaceAll("'", "").replace(/\.$/, "");
}

/** A TCP port; 0 lets the system choose. */
export function readPort(command: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_533) return port;
  throw usageError(`sluice ${command}: --port takes a number from 0 to 65533, not ${text}.`);
}
