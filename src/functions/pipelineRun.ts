/** Door: the orchestration of a run, whose instance id is the run id, and its activity. */
import type { InvocationContext } from "@azure/functions";
import { app } from "durable-functions";
import {
  advanceRunName,
  pipelineRunName,
  type AdvanceRunInput,
  type AdvanceRunResult,
} from "../runs/orchestrations";
import { pipelineRunOrchestrator } from "../runs/pipelineRunOrchestrator";
import { getApp } from "./composition";
import { durableClient, engineOf } from "./durableEngine";

app.orchestration(pipelineRunName, pipelineRunOrchestrator);

app.activity(advanceRunName, { extraInputs: [durableClient], handler: advance });

async function advance(run: AdvanceRunInput, context: InvocationContext): Promise<AdvanceRunResult> {
  const engine = engineOf(context);
  return getApp(engine).activities.advanceRun(run, engine);
}
