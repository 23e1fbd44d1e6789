import { PipelineRun } from "../../sdk/pipelineRun";
import { CliError } from "../cliError";
import { connect } from "../connect";
import { dataFolderOf } from "../dataFolder";
import { readRun } from "../followRun";
import { logTail } from "../logTail";
import { readOptions } from "../options";
import { readMetrics } from "../readMetrics";
import { renderMetrics } from "../render/metricTable";
import { renderRunTree } from "../render/runTree";
import type { Terminal } from "../terminal";

/** `sluice run ID`: the step tree, the log tail of failed steps, the metrics. */
export async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = readOptions("run", args, { data: { type: "string" } }, ["ID"]);
  const id = positionals[0] ?? "";
  const workspace = await connect(dataFolderOf(values.data, process.env));
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
