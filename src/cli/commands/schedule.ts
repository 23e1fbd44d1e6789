import { usageError } from "../cliError";
import { readOptions } from "../options";
import { previewLine } from "../previewLine";
import type { Terminal } from "../terminal";

/** `sluice schedule preview --stdin`: the slots of each recurrence that comes in, without any service. */
export async function schedule(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name !== "preview")
    throw usageError(`sluice schedule takes preview, not ${name ?? "nothing"}: see sluice help.`);
  const { values } = readOptions("schedule preview", rest, { stdin: { type: "boolean", default: false } });
  if (!values.stdin) throw usageError("sluice schedule preview takes --stdin: see sluice help.");
  await answerLines(process.stdin, terminal);
  return 0;
}

/** Answers what has come before it waits for more, so that a caller may write one line and read its answer. */
async function answerLines(input: NodeJS.ReadStream, terminal: Terminal): Promise<void> {
  input.setEncoding("utf8");
  let rest = "";
  for await (const chunk of input as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (lines.length > 0 && !(await answer(terminal, lines))) return;
  }
  if (rest !== "") await answer(terminal, [rest]);
}

function answer(terminal: Terminal, lines: readonly string[]): Promise<boolean> {
  return terminal.flow(lines.map((line) => `${previewLine(line)}\n`).join(""));
}
