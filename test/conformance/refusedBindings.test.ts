import { beforeAll, expect, test } from "@jest/globals";
import { refusal } from "./conformanceHost";

let said = "";
beforeAll(async () => {
  said = await refusal("refusedBindings");
});

/** What the host said of one function. */
function problemOf(name: string): string | undefined {
  return said.split("Function ").find((sentence) => sentence.startsWith(`'${name}'`));
}

test.each([
  ["serviceBus", "serviceBusTrigger"],
  ["cosmos", "cosmosDBTrigger"],
  ["sms", "twilioSms"],
  ["blobInput", "blob"],
])("L13 The function %s stops the start for its %s", (name, type) => {
  expect(problemOf(name)).toContain(`'${type}'`);
});

test.each([
  ["L11 Two functions that share one output object", "sharedOutput1", "@azure/storage-blob"],
  ["L11 Two functions that share one output object", "sharedOutput2", "@azure/storage-blob"],
  ["Q01 A queue trigger", "queueTrigger", "orchestration"],
  ["Q01 A return value to a queue", "queueReturn", "@azure/storage-queue"],
  ["Q02 An extra output to a queue", "queueExtraOutput", "@azure/storage-queue"],
  ["Q03 A queue trigger, whose messages would be poisoned,", "queueTrigger", "orchestration"],
  ["Q04 A queue trigger, whose metadata would be missing,", "queueTrigger", "orchestration"],
  ["B01 A blob trigger", "blobTrigger", "eventGridTrigger"],
  ["B02 A blob trigger, which would watch ETags,", "blobTrigger", "eventGridTrigger"],
  ["B03 A blob trigger fed by Event Grid", "blobEvents", "eventGridTrigger"],
  ["N01 An entity", "counter", "table"],
])("%s stops the start (%s), and is told to use %s", (_, name, remedy) => {
  expect(problemOf(name)).toContain(remedy);
});

test("H08 HTTP streaming stops the start, and is told to be left out of app.setup", () => {
  expect(said).toContain(
    "HTTP streaming is not emulated by the local host; remove enableHttpStream from app.setup",
  );
});

test("one answer names every function that is refused, each with its binding and what to use instead", () => {
  const refused =
    /Function '(\w+)': the (?:trigger|input binding|output binding) '\w+' is not emulated by the local host \([^)]+\)/g;
  const names = [...said.matchAll(refused)].map(([, name]) => name);
  expect(names).toEqual([
    "blobEvents",
    "blobInput",
    "blobTrigger",
    "cosmos",
    "counter",
    "queueExtraOutput",
    "queueReturn",
    "queueTrigger",
    "serviceBus",
    "sharedOutput1",
    "sharedOutput2",
    "sms",
  ]);
});
