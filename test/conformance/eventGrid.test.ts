import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { readJournal } from "../service/host/hostProcess";
import { ConformanceHost } from "./conformanceHost";

const conformance = new ConformanceHost({ app: "events" });
beforeAll(async () => {
  await conformance.start();
});
afterAll(async () => conformance.end());

interface Delivery {
  readonly name?: string;
  readonly key?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

async function deliver({
  name = "onEvent",
  key,
  method = "POST",
  headers = {},
  body,
}: Delivery): Promise<Response> {
  const code = key ?? conformance.host.keys.systemKeys.eventgrid_extension;
  return conformance.host.fetch(`/runtime/webhooks/EventGrid?functionName=${name}&code=${code}`, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

const type = (value: string): Readonly<Record<string, string>> => ({ "aeg-event-type": value });
const event = (id: string, fail = false): unknown => ({
  id,
  topic: "/t",
  subject: "s",
  eventType: "Test.Made",
  eventTime: "2030-01-01T00:00:00Z",
  data: { fail, of: id },
  dataVersion: "1",
});
const seen = (): unknown[] => readJournal(conformance.journal).map((line) => JSON.parse(line) as unknown);

test.each([
  [
    "an Event Grid event",
    [{ eventType: "Microsoft.EventGrid.SubscriptionValidationEvent", data: { validationCode: "C-1" } }],
  ],
  ["a CloudEvent with an object", { specversion: "1.0", data: { validationCode: "C-1" } }],
  ["a CloudEvent with text data", { specversion: "1.0", data: JSON.stringify({ validationCode: "C-1" }) }],
])("E01 The handshake as %s gets its code back", async (_, body) => {
  const response = await deliver({ headers: type("SubscriptionValidation"), body });
  expect([response.status, await response.json()]).toEqual([200, { validationResponse: "C-1" }]);
});

test("E02 A batch of three runs three invocations and answers 202", async () => {
  const response = await deliver({
    headers: type("Notification"),
    body: ["a", "b", "c"].map((id) => event(id)),
  });
  expect([response.status, await response.text()]).toEqual([202, ""]);
  expect(seen()).toEqual(
    expect.arrayContaining(
      ["a", "b", "c"].map((id) => ({ id, type: "Test.Made", data: { fail: false, of: id } })),
    ),
  );
});

test("E02 If one of a batch fails, the answer is 500 with why, though the others ran", async () => {
  const body = [event("d"), event("e", true), event("f")];
  const response = await deliver({ headers: type("notification"), body });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain("refused on purpose");
  expect(seen()).toEqual(
    expect.arrayContaining(["d", "e", "f"].map((id) => expect.objectContaining({ id }))),
  );
});

test("E02 One CloudEvent alone runs one invocation with the event untouched", async () => {
  const body = { specversion: "1.0", id: "g", source: "/s", type: "made", data: { of: "g" } };
  expect((await deliver({ headers: type("Notification"), body })).status).toBe(202);
  expect(seen()).toContainEqual({ id: "g", type: "made", data: { of: "g" } });
});

test("E03 Unknown function 404, missing header 400, wrong key 401, Unsubscribe 202, OPTIONS echoes the origin", async () => {
  const headers = type("Notification");
  const answers = await Promise.all([
    deliver({ name: "absent", headers, body: [] }),
    deliver({ body: [event("h")] }),
    deliver({ key: "wrong", headers, body: [event("i")] }),
    deliver({ headers: type("Unsubscribe") }),
  ]);
  expect(answers.map(({ status }) => status)).toEqual([404, 400, 401, 202]);
  expect(seen()).not.toContainEqual(expect.objectContaining({ id: expect.stringMatching(/^[hi]$/) }));
  const options = await deliver({
    method: "OPTIONS",
    headers: { "webhook-request-origin": "eventgrid.example" },
  });
  expect([options.status, options.headers.get("webhook-allowed-origin")]).toEqual([200, "eventgrid.example"]);
});
