import type { HistoryRun } from "../../contract/historyRun";
import { PipelineRun } from "../../sdk/pipelineRun";
import { usageError } from "../cliError";
import { connect } from "../connect";
import { dataFolderOf } from "../dataFolder";
import { readOptions } from "../options";
import { renderRunList, type RunListing } from "../render/runList";
import type { Terminal } from "../terminal";

/** `sluice runs`: the newest runs of the workspace. */
export async function runs(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = { data: { type: "string" }, top: { type: "string", default: "20" } } as const;
  const { values } = readOptions("runs", args, options);
  const workspace = await connect(dataFolderOf(values.data, process.env));
  const { value } = await PipelineRun.list(workspace, readTop(values.top));
  if (value.length === 0) terminal.line("There are no runs yet.");
  else
    for (const line of renderRunList(value.map(listing), new Date(), terminal.style, terminal.width()))
      terminal.line(line);
  return 0;
}

function readTop(text: string): number {
  const top = Number(text);
  if (/^\d+$/.test(text) && top >= 1 && top <= 500) return top;
  throw usageError(`sluice runs: --top takes a number from 1 to 500, not ${text}.`);
}

function listing(run: HistoryRun): RunListing {
  return {
    id: run.runId,
    status: run.status === "Completed" ? "Finished" : run.status,
    pipeline: run.name,
    createdAt: run.createdUtc,
    startedAt: run.startTimeUtc,
    endedAt: run.endTimeUtc,
    cause: run.properties["sluice.cause"] ?? "",
  };
}
