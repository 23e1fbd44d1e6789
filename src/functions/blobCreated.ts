/** Door: blob events. An event that cannot be journaled is thrown back, so that Event Grid delivers it again. */
import { app, type EventGridEvent, type InvocationContext } from "@azure/functions";
import { getApp } from "./composition";
import { durableClient, engineOf } from "./durableEngine";

app.eventGrid("blobCreated", {
  extraInputs: [durableClient],
  handler: follow,
});

async function follow(event: EventGridEvent, context: InvocationContext): Promise<void> {
  const engine = engineOf(context);
  const { id, eventType, subject, eventTime, data } = event;
  await getApp(engine).schedules.blobChanged({ id, eventType, subject, eventTime, data }, engine);
}
