/** Door: blob events. An event that cannot be journaled is thrown back, so that Event Grid delivers it again. */
import { app, type EventGridEvent, type InvocationContext } from "@azure/functions";
import { getClient, input } from "durable-functions";
import { getApp } from "./composition";
import { createDurableEngine } from "./durableEngine";

app.eventGrid("blobCreated", {
  extraInputs: [input.durableClient()],
  handler: follow,
});

async function follow(event: EventGridEvent, context: InvocationContext): Promise<void> {
  const engine = createDurableEngine(getClient(context));
  const { id, eventType, subject, eventTime, data } = event;
  await getApp(engine).schedules.blobChanged({ id, eventType, subject, eventTime, data }, engine);
}
