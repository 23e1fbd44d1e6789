import { describe, expect, test } from "@jest/globals";
import { ScratchHub } from "./scratchHub";

const store = new ScratchHub();

const put = async (name: string, fails = false): Promise<void> =>
  store.hub.commit(() => {
    void store.hub.schedules.put(name, 1);
    if (fails) throw new RangeError("refused by its body");
  });

describe("the commit queue", () => {
  test("takes back what a throwing change wrote, and keeps its neighbours of the same group (Q3)", async () => {
    const results = await Promise.allSettled([put("a"), put("b", true), put("c"), put("d", true)]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected"]);
    expect([...store.hub.schedules.getKeys()]).toEqual(["a", "c"]);
    expect(store.hub.problem).toBeNull();
  });

  test("gives no sequence number twice to changes that are made at once (Q2)", async () => {
    const taken = await Promise.all(
      Array.from({ length: 100 }, () => store.hub.commit(() => store.hub.nextSeq())),
    );
    expect(new Set(taken).size).toBe(100);
  });

  test("counts on from the numbers of the last start, although a change was taken back in between", async () => {
    const before = await store.hub.commit(() => store.hub.nextSeq());
    await put("x", true).catch(() => undefined);
    await store.reopen();
    expect(await store.hub.commit(() => store.hub.nextSeq())).toBeGreaterThan(before);
  });

  test("settles what was handed over before it closes", async () => {
    const last = put("last");
    await store.reopen();
    await expect(last).resolves.toBeUndefined();
    expect([...store.hub.schedules.getKeys()]).toEqual(["last"]);
  });
});
