import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { HubDatabase } from "../../../src/host/durable/hubDatabase";
import { Scratch } from "./hostProcess";

let scratch: Scratch;
let hub: HubDatabase;

beforeEach(() => {
  scratch = new Scratch();
  hub = new HubDatabase(scratch.file("hub"));
});

afterEach(async () => {
  await hub.close();
  scratch.remove();
});

const put = async (name: string, fails = false): Promise<void> =>
  hub.commit(() => {
    void hub.schedules.put(name, 1);
    if (fails) throw new RangeError("refused by its body");
  });

describe("the commit queue", () => {
  test("takes back what a throwing change wrote, and keeps its neighbours of the same group (Q3)", async () => {
    const results = await Promise.allSettled([put("a"), put("b", true), put("c"), put("d", true)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect([...hub.schedules.getKeys()]).toEqual(["a", "c"]);
    expect(hub.problem).toBeNull();
  });

  test("gives no sequence number twice to changes that are made at once (Q2)", async () => {
    const taken = await Promise.all(Array.from({ length: 100 }, () => hub.commit(() => hub.nextSeq())));
    expect(new Set(taken).size).toBe(100);
  });

  test("counts on from the numbers of the last start, although a change was taken back in between", async () => {
    const before = await hub.commit(() => hub.nextSeq());
    await put("x", true).catch(() => undefined);
    await hub.close();
    hub = new HubDatabase(scratch.file("hub"));
    expect(await hub.commit(() => hub.nextSeq())).toBeGreaterThan(before);
  });

  test("settles what was handed over before it closes", async () => {
    const last = put("last");
    await hub.close();
    await expect(last).resolves.toBeUndefined();
    hub = new HubDatabase(scratch.file("hub"));
    expect([...hub.schedules.getKeys()]).toEqual(["last"]);
  });
});
