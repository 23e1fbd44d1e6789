/** Door: the clock. Each minute fires what is due and takes up runs that a crash left between; a slot off the minute has a timer of its own. */
import { app, type InvocationContext, type Timer } from "@azure/functions";
import { app as durable } from "durable-functions";
import {
  fireSlotsName,
  tickAtName,
  tickAtOrchestrator,
  type TickAtInput,
} from "../schedules/tickAtOrchestrator";
import { getApp } from "./composition";
import { durableClient, engineOf } from "./durableEngine";

app.timer("scheduleTick", {
  schedule: "0 * * * * *",
  extraInputs: [durableClient],
  handler: tick,
});

durable.orchestration(tickAtName, tickAtOrchestrator);

durable.activity(fireSlotsName, { extraInputs: [durableClient], handler: fireSlots });

async function fireSlots({ dueAt }: TickAtInput, context: InvocationContext): Promise<number> {
  const engine = engineOf(context);
  return (await getApp(engine).schedules.tickAt(new Date(dueAt), engine)).length;
}

/** Neither half stops the other; a failure is told to the host after both. */
async function tick(_timer: Timer, context: InvocationContext): Promise<void> {
  const engine = engineOf(context);
  const { schedules, sweepRuns, workspace } = getApp(engine);
  const now = workspace.clock.now();
  const results = await Promise.allSettled([schedules.tick(now, engine), sweepRuns(engine, now)]);
  const failures = results.flatMap((result) =>
    result.status === "rejected" ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("; "));
}
