/** A run as the pipelines service tells it. */
import { pipelineRun } from "../../contract/pipelineRun";
import { pipelineRunStatusCode } from "../../model/runStatus";
import type { RunCause, RunRecord } from "../../runs/runs";
import { runAssignments } from "./assignmentTexts";

export function encodeRun(run: RunRecord): unknown {
  return pipelineRun.encode({
    id: run.runId,
    graphId: run.graphId,
    description: run.description,
    status: {
      statusCode: pipelineRunStatusCode(run.status),
      statusDetail: run.reason,
      creationTime: run.createdAt,
      endTime: run.endedAt,
    },
    isSubmitted: true,
    hasErrors: run.status === "failed",
    hasWarnings: run.ignoredParameters.length > 0,
    uploadState: "Completed",
    parameterAssignments: runAssignments(run.parameters, run.dataPaths),
    dataSetAssignments: {},
    experimentName: run.experimentName,
    pipelineId: run.pipelineId,
    runSource: run.cause.kind === "call" ? run.cause.source : "Schedule",
    runType: runType(run.cause),
    stepCount: run.stepCount,
    scheduleId: run.scheduleId,
    tags: run.tags,
    properties: run.properties,
    entityStatus: "Active",
    createdAt: run.createdAt,
    modifiedAt: run.endedAt ?? run.startedAt ?? run.createdAt,
    etag: null,
  });
}

/** v1 tells a run that a schedule started from one that somebody called for. */
const runType = (cause: RunCause): string => (cause.kind === "call" ? "HTTP" : "Schedule");
