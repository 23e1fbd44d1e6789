/** Door: the orchestration of a step attempt, whose instance id is the attempt id, and its activity. */
import type { InvocationContext } from "@azure/functions";
import { app } from "durable-functions";
import {
  advanceStepName,
  stepRunName,
  type AdvanceStepInput,
  type AdvanceStepResult,
} from "../runs/orchestrations";
import { stepRunOrchestrator } from "../runs/stepRunOrchestrator";
import { getApp } from "./composition";
import { durableClient, engineOf } from "./durableEngine";

app.orchestration(stepRunName, stepRunOrchestrator);

app.activity(advanceStepName, { extraInputs: [durableClient], handler: advance });

async function advance(attempt: AdvanceStepInput, context: InvocationContext): Promise<AdvanceStepResult> {
  const engine = engineOf(context);
  return getApp(engine).activities.advanceStep(attempt, engine);
}
