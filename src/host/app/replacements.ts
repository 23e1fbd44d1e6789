/** What this host emulates, and what to use instead of what it does not. Pure. */

const supported = "httpTrigger, timerTrigger, eventGridTrigger, orchestrationTrigger, activityTrigger";

/** By binding type in lower case. */
const instead: Readonly<Record<string, string>> = {
  entitytrigger: "keep the state in a table and change it in an activity",
  blobtrigger: "subscribe an eventGridTrigger to blob events",
  queuetrigger: "start an orchestration, or call an HTTP function",
  servicebustrigger: "start an orchestration, or call an HTTP function",
  eventhubtrigger: "call an HTTP function with the events",
  kafkatrigger: "call an HTTP function with the messages",
  cosmosdbtrigger: "write the change where it is made, or look for it in a timer",
  sqltrigger: "look for changes in a timer",
  mysqltrigger: "look for changes in a timer",
  warmuptrigger: "use the appStart hook",
  blob: "use @azure/storage-blob in the function",
  queue: "use @azure/storage-queue in the function",
  table: "use @azure/data-tables in the function",
  cosmosdb: "use @azure/cosmos in the function",
  servicebus: "use @azure/service-bus in the function",
  eventhub: "use @azure/event-hubs in the function",
  eventgrid: "use @azure/eventgrid in the function",
  sendgrid: "call the service in the function",
  twiliosms: "call the service in the function",
};

/** Why a trigger of this type is refused; a part of a sentence. */
export function refuseTrigger(type: string): string {
  const remedy = instead[type.toLowerCase()] ?? `supported triggers: ${supported}`;
  return `the trigger '${type}' is not emulated by the local host (${remedy}, or disable the function)`;
}

/** Why another binding of this type is refused; a part of a sentence. */
export function refuseBinding(type: string, direction: "input" | "output"): string {
  const remedy = instead[type.toLowerCase()] ?? "use a client library in the function";
  return `the ${direction} binding '${type}' is not emulated by the local host (${remedy})`;
}
