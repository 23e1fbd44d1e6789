import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Scratch, untilTrue } from "./hostProcess";
import { PlayedHub, type PlayedApp } from "./playedHub";

const count = 3_000;
const app: PlayedApp = {
  orchestrators: {
    *once(context) {
      return yield context.df.callActivity("next", context.df.getInput());
    },
    *alarm(context) {
      yield context.df.createTimer(new Date(context.df.getInput<number>()));
      return "rang";
    },
  },
  activities: { next: (n) => (n as number) + 1 },
};
const id = (n: number): string => `i-${String(n).padStart(5, "0")}`;
const ids = Array.from({ length: count }, (_, n) => id(n));
const everything = { createdFrom: null, createdTo: null, statuses: null, idPrefix: "" };
const plain = { showInput: false, showHistory: false, showHistoryOutput: false };

let scratch: Scratch;
let played: PlayedHub;

beforeEach(() => {
  scratch = new Scratch();
});

afterEach(async () => {
  await played.close();
  scratch.remove();
});

async function allEnded(): Promise<unknown[]> {
  return Promise.all(ids.map(async (each) => (await played.ended(each)).output));
}

describe("a backlog that is larger than the ready queue", () => {
  test("is run to its last orchestration, accepted while no app ran", async () => {
    played = new PlayedHub(scratch, app, { isRunning: false });
    played.taskHub.recover();
    await Promise.all(ids.map((each, n) => played.start("once", each, n)));
    played.run();
    expect(await allEnded()).toEqual(ids.map((_, n) => String(n + 1)));
  });

  test("is taken up from disk after a restart", async () => {
    played = new PlayedHub(scratch, app, { isRunning: false });
    await Promise.all(ids.map((each, n) => played.start("once", each, n)));
    await played.close();
    played = new PlayedHub(scratch, app);
    played.taskHub.recover();
    expect(await allEnded()).toEqual(ids.map((_, n) => String(n + 1)));
  });

  test("of timers that fell due at once while the host was down fires every one", async () => {
    played = new PlayedHub(scratch, app);
    const due = played.now + 60_000;
    await Promise.all(ids.map((each) => played.start("alarm", each, due)));
    played.taskHub.recover();
    const pending = { ...everything, statuses: ["Pending" as const] };
    await untilTrue(() => played.hub.findIds(pending, "", { maxFound: 1, maxLooked: 1 }).ids.length === 0);
    await played.close();
    played = new PlayedHub(scratch, app, { now: due });
    played.taskHub.recover();
    expect(new Set(await allEnded())).toEqual(new Set(['"rang"']));
    expect(played.hub.readTimers([0, "", 0], 1)).toEqual([]);
  });
});

describe("many stored instances", () => {
  beforeEach(async () => {
    played = new PlayedHub(scratch, app, { isRunning: false });
    for (const [n, each] of ids.entries()) {
      played.now += 1;
      void played.start("once", each, n);
    }
    await played.start("once", "last");
  });

  test("are listed in pages, each instance once, with a token until the end", async () => {
    const listed: unknown[] = [];
    let after = "";
    do {
      const page = await played.taskHub.list(everything, after, 700, plain);
      expect(page.statuses.length).toBeLessThanOrEqual(700);
      listed.push(...page.statuses.map((status) => status["instanceId"]));
      after = page.continuation;
    } while (after !== "");
    expect(listed).toEqual([...ids, "last"]);
  });

  test("give no page longer than a thousand, whatever is asked for", async () => {
    const page = await played.taskHub.list(everything, "", 1_000_000, plain);
    expect(page.statuses).toHaveLength(1000);
    expect(page.continuation).toBe(id(999));
  });

  test("are purged by when they were created, and the others stay", async () => {
    const created = (n: number): number => played.hub.findInstance(id(n))?.createdAt ?? 0;
    const filter = { ...everything, createdFrom: created(500), createdTo: created(1999) };
    expect(await played.taskHub.purgeWhere(filter)).toBe(1500);
    expect([499, 500, 1999, 2000].map((n) => played.hub.findInstance(id(n)) !== undefined)).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(played.hub.readInboxOwners("", 10_000)).toHaveLength(count + 1 - 1500);
  });
});
