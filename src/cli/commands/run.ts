import { PipelineRun } from "../../sdk/pipelineRun";
import { publishPipeline } from "../../sdk/publishPipelineFile";
import { readPipelineFile } from "../../sdk/readPipelineFile";
import { fileProblemText } from "../../model/yaml/fileProblem";
import { CliError, usageError } from "../cliError";
import { connect } from "../connect";
import { dataFolderOf, userFolder } from "../dataFolder";
import { readRun } from "../followRun";
import { explainFile, isPipelineFile } from "../pipelineFiles";
import { logTail } from "../logTail";
import { readOptions } from "../options";
import { readMetrics } from "../readMetrics";
import { renderMetrics } from "../render/metricTable";
import { renderRunTree } from "../render/runTree";
import type { Terminal } from "../terminal";

/** `sluice run ID` shows a run; `sluice run FILE` publishes the file's pipeline and submits it. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = { data: { type: "string" }, experiment: { type: "string" } } as const;
  const { values, positionals } = readOptions("run", args, options, ["ID or FILE"]);
  const subject = positionals[0] ?? "";
  const data = dataFolderOf(values.data, process.env);
  if (isPipelineFile(subject)) return runFile(subject, data, values.experiment, terminal);
  if (values.experiment === undefined) return showRun(subject, data, terminal);
  throw usageError("sluice run takes --experiment with a pipeline file only: see sluice help.");
}

async function runFile(
  file: string,
  data: string,
  experiment: string | undefined,
  terminal: Terminal,
): Promise<number> {
  const read = await explainFile(readPipelineFile(file, userFolder(process.env)), file);
  for (const warning of read.warnings) terminal.error(fileProblemText(warning));
  const workspace = await connect(data);
  const { id } = await explainFile(publishPipeline(workspace, read), file);
  const submitted = await PipelineRun.submit(workspace, id, experiment ?? read.pipeline.name);
  terminal.line(`Run ${submitted.id} of pipeline ${id}: sluice run ${submitted.id} shows it.`);
  return 0;
}

/** The step tree, the log tail of failed steps, the metrics. */
async function showRun(id: string, data: string, terminal: Terminal): Promise<number> {
  const workspace = await connect(data);
  const found = await PipelineRun.find(workspace, id);
  if (found === undefined) throw new CliError(`There is no run ${id}: sluice runs lists them.`);
  const { view, steps } = await readRun(found, found.experimentName);
  const width = terminal.width();
  for (const line of renderRunTree(view, new Date(), terminal.style, width)) terminal.line(line);
  for (const step of steps.filter((each) => each.run.status === "Failed")) {
    terminal.line("");
    terminal.line(`Last lines of step ${step.name}:`);
    for (const line of await logTail(step)) terminal.line(`  ${line}`);
  }
  const metrics = renderMetrics(await readMetrics(steps), terminal.style, width);
  if (metrics.length > 0) terminal.line("");
  for (const line of metrics) terminal.line(line);
  return 0;
}
