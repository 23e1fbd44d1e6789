import { fileProblemText } from "../../model/yaml/fileProblem";
import { readPipelineFile } from "../../sdk/readPipelineFile";
import { isScheduleFile, readScheduleFile } from "../../sdk/readScheduleFile";
import { userFolder } from "../dataFolder";
import { readOptions } from "../options";
import { explainFile } from "../pipelineFiles";
import type { Terminal } from "../terminal";

/** `sluice check FILE`: whether a pipeline or schedule file can be used, without any service; every problem with its line. */
export async function check(args: readonly string[], terminal: Terminal): Promise<number> {
  const { positionals } = readOptions("check", args, {}, ["FILE"]);
  const file = positionals[0] ?? "";
  const folder = userFolder(process.env);
  if (isScheduleFile(file)) {
    const { warnings } = await explainFile(readScheduleFile(file, folder), file);
    for (const warning of warnings) terminal.error(fileProblemText(warning));
    terminal.line(`${file} is a schedule.`);
    return 0;
  }
  const { pipeline, warnings } = await explainFile(readPipelineFile(file, folder), file);
  for (const warning of warnings) terminal.error(fileProblemText(warning));
  const { steps, parameters } = pipeline;
  terminal.line(`${file} is a pipeline of ${steps.length} steps and ${parameters.length} parameters.`);
  return 0;
}
