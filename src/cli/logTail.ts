import type { StepRun } from "../sdk/stepRun";
import { printable } from "./render/textWidth";

const lineCount = 20;
/** Both streams of the script in the order in which they were written. */
const consoleLog = "azureml-logs/70_driver_log.txt";

/** The last lines of a step's console log; empty when it kept none. */
export async function logTail(step: StepRun): Promise<readonly string[]> {
  const names = await step.getFileNames();
  if (!names.includes(consoleLog)) return [];
  const text = await step.readFile(consoleLog);
  return text.trimEnd().split(/\r?\n/).slice(-lineCount).map(printableLine);
}

/** Indentation stays, since it means something in a traceback. */
function printableLine(line: string): string {
  return (/^ */.exec(line)?.[0] ?? "") + printable(line);
}
