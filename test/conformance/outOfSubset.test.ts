/** What is not emulated and cannot be seen before it is used says so when it is used. The rest stops the start: refusedBindings. */
import { describe, expect, test } from "@jest/globals";
import type { HostProcess } from "../service/host/hostProcess";
import { isOver, sharedDurableHost } from "./durableHost";

const durable = sharedDurableHost();
const host = (): HostProcess => durable.host;

describe("an orchestrator", () => {
  test.each([
    ["callHttp", "callHttp (make the request in an activity)"],
    ["callEntity", "callEntity (durable entities; keep the state in a table and change it in an activity)"],
    [
      "signalEntity",
      "signalEntity (durable entities; keep the state in a table and change it in an activity)",
    ],
    ["lock", "entity locks (claim a row with an ETag in an activity)"],
  ])("that uses %s fails at once and is told what to use instead", async (what, sentence) => {
    await host().startNew("callsOutside", `outside-${what}`, what);
    expect(await host().until(`outside-${what}`, isOver)).toMatchObject({
      runtimeStatus: "Failed",
      output: `Orchestrator function 'callsOutside' failed: the local host does not emulate ${sentence}.`,
    });
  });
});

describe("the management API", () => {
  test.each(["rewind", "restart"])("answers 501 to %s and says what to do instead", async (verb) => {
    await host().run("thrower", verb, "broken on purpose");
    const answer = await host().durable("POST", `instances/${verb}/${verb}?reason=r`);
    expect([answer.status, await answer.json()]).toEqual([
      501,
      `The local host does not emulate ${verb}; start a new instance.`,
    ]);
    expect((await host().status(verb)).runtimeStatus).toBe("Failed");
  });

  test.each([
    ["GET", "entities/counter/one"],
    ["POST", "entities/counter/one?op=add"],
    ["GET", "entities"],
  ])("answers 501 to %s %s", async (method, route) => {
    const answer = await host().durable(method, route, method === "POST" ? 1 : undefined);
    expect([answer.status, await answer.text()]).toEqual([
      501,
      expect.stringContaining("keep the state in a table"),
    ]);
  });

  test("answers 400 for another task hub, naming the one there is", async () => {
    const answer = await host().durable("GET", "instances/any?taskHub=Elsewhere");
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("ConformanceHub")]);
  });
});

test("the durable client of the app rejects a rewind with the same sentence", async () => {
  await host().run("thrower", "rewound", "broken on purpose");
  expect(await durable.client("rewind", { instanceId: "rewound", reason: "r" })).toEqual({
    thrown: expect.stringContaining("does not emulate rewind; start a new instance"),
  });
});
