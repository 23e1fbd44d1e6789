/** Which orchestration takes its turn when: the real engine and store, with an app that is played. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { setImmediate as later } from "node:timers/promises";
import { Scratch } from "./hostProcess";
import { PlayedHub } from "./playedHub";

const names = ["a", "b", "c", "d"];
const events = 20;

let scratch: Scratch;
let played: PlayedHub | undefined;

beforeEach(() => {
  scratch = new Scratch();
});
afterEach(async () => {
  await played?.close();
  scratch.remove();
});

function play(beforeTurn: (instanceId: string) => Promise<void>): PlayedHub {
  played = new PlayedHub(scratch, {
    orchestrators: {
      *collect(context) {
        const got: unknown[] = [];
        while (got.length < events) got.push(yield context.df.waitForExternalEvent("e"));
        return got;
      },
    },
    beforeTurn,
  });
  return played;
}

test("no instance has two turns at a time, however fast its events come, and others do not wait for it (TO1)", async () => {
  const busy = new Set<string>();
  let overlaps = 0;
  let most = 0;
  const hub = play(async (id) => {
    if (busy.has(id)) overlaps += 1;
    busy.add(id);
    most = Math.max(most, busy.size);
    await later();
    busy.delete(id);
  });
  await Promise.all(names.map((id) => hub.start("collect", id)));
  for (let n = 0; n < events; n++)
    await Promise.all(names.map((id) => hub.taskHub.raiseEvent(id, "e", String(n))));
  const outputs = await Promise.all(names.map(async (id) => (await hub.ended(id)).output));
  const inOrder = JSON.stringify(Array.from({ length: events }, (_, n) => n));
  expect([overlaps, outputs]).toEqual([0, names.map(() => inOrder)]);
  expect(most).toBeGreaterThan(1);
});

test("a turn that could not be taken is taken again after pauses that grow, and takes what came meanwhile (TO2, TR1)", async () => {
  let failures = 0;
  const hub = play(async () => {
    failures += 1;
    if (failures <= 3) throw new Error("no worker");
    return Promise.resolve();
  });
  await hub.start("collect", "a");
  await Promise.all(Array.from({ length: events }, () => hub.taskHub.raiseEvent("a", "e", "1")));
  expect((await hub.ended("a")).status).toBe("Completed");
  const delays = hub.log.filter(({ event }) => event === "turn-delayed");
  expect(delays.map(({ detail }) => detail["pauseMs"])).toEqual([50, 100, 200]);
});
