/** Door: blob events, in the schema of Event Grid or of CloudEvents. An event that cannot be journaled is thrown back, so that Event Grid delivers it again. */
import { app, type EventGridEvent, type InvocationContext } from "@azure/functions";
import { readBlobEvent } from "../schedules/blobEventForm";
import { getApp } from "./composition";
import { durableClient, engineOf } from "./durableEngine";

app.eventGrid("blobCreated", {
  extraInputs: [durableClient],
  handler: follow,
});

async function follow(event: EventGridEvent, context: InvocationContext): Promise<void> {
  const engine = engineOf(context);
  await getApp(engine).schedules.blobChanged(readBlobEvent(event), engine);
}
