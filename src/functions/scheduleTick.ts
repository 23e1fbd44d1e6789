/** Door: the minute. Fires what is due, and takes up runs that a crash left between. */
import { app, type InvocationContext, type Timer } from "@azure/functions";
import { getApp } from "./composition";
import { durableClient, engineOf } from "./durableEngine";

app.timer("scheduleTick", {
  schedule: "0 * * * * *",
  extraInputs: [durableClient],
  handler: tick,
});

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
