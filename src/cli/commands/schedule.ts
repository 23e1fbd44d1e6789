import { Schedule } from "../../sdk/schedule";
import { usageError } from "../cliError";
import { connect } from "../connect";
import { dataFolderOf } from "../dataFolder";
import { readOptions } from "../options";
import { previewLine } from "../previewLine";
import { renderSlots } from "../render/slotTable";
import type { Terminal } from "../terminal";

/** `sluice schedule preview`: when a saved schedule fires, or with --stdin any recurrence, without any service. */
export async function schedule(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name !== "preview") {
    throw usageError(`sluice schedule takes preview, not ${name ?? "nothing"}: see sluice help.`);
  }
  if (rest.includes("--stdin")) {
    readOptions("schedule preview", rest, { stdin: { type: "boolean" } });
    await answerLines(process.stdin, terminal);
    return 0;
  }
  const options = { data: { type: "string" }, count: { type: "string", default: "10" } } as const;
  const { values, positionals } = readOptions("schedule preview", rest, options, ["ID"]);
  const workspace = await connect(dataFolderOf(values.data, process.env));
  const slots = await Schedule.preview(workspace, positionals[0] ?? "", readCount(values.count));
  if (slots.length === 0) terminal.line("Nothing is due by the clock.");
  for (const line of renderSlots(slots, terminal.style, terminal.width())) terminal.line(line);
  return 0;
}

function readCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 1000) return count;
  throw usageError(`sluice schedule preview: --count takes a number from 1 to 1000, not ${text}.`);
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
