import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { runtimeStatuses, type Instance, type RuntimeStatus } from "../../../src/host/durable/instance";
import type { InstanceFilter } from "../../../src/host/durable/instanceIndex";
import { pendingInstance } from "../../unit/host/turnFixture";
import { ScratchHub } from "./scratchHub";

const store = new ScratchHub();

const everything: InstanceFilter = { createdFrom: null, createdTo: null, statuses: null, idPrefix: "" };

function instance(instanceId: string, status: RuntimeStatus, createdAt: number): Instance {
  return { ...pendingInstance(instanceId, createdAt), status };
}

async function put(...rows: Instance[]): Promise<void> {
  await store.hub.commit(() =>
    rows.forEach((row) => store.hub.putInstance(row, store.hub.findInstance(row.instanceId) ?? null)),
  );
}

/** Every page of a walk, each with what it found. */
function walk(filter: InstanceFilter, maxFound: number, maxLooked: number): string[][] {
  const pages: string[][] = [];
  let after = "";
  do {
    const { ids, next } = store.hub.findIds(filter, after, { maxFound, maxLooked });
    pages.push([...ids]);
    after = next;
  } while (after !== "");
  return pages;
}

describe("the index of instances", () => {
  test("finds exactly what matches, in the order of ids, whatever the pages (X1, X2)", async () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^[abé𝒳\ufffd-]{1,3}$/u), { maxLength: 30 });
    const status = fc.constantFrom(...runtimeStatuses);
    const filter = fc.record({
      createdFrom: fc.option(fc.nat(10)),
      createdTo: fc.option(fc.nat(10)),
      statuses: fc.option(fc.uniqueArray(status, { minLength: 1 })),
      idPrefix: fc.constantFrom("", "", "a", "é"),
    });
    const rows = ids.chain((names) =>
      fc.tuple(...names.map((id) => fc.tuple(fc.constant(id), status, status, fc.nat(10)))),
    );
    await fc.assert(
      fc.asyncProperty(rows, filter, fc.integer({ min: 1, max: 5 }), async (stored, wanted, size) => {
        await put(...stored.map(([id, before, , at]) => instance(id, before, at)));
        const now = stored.map(([id, , after, at]) => instance(id, after, at));
        await put(...now);
        const matching = now
          .filter(({ status: each }) => wanted.statuses?.includes(each) ?? true)
          .filter(({ createdAt: at }) => at >= (wanted.createdFrom ?? 0) && at <= (wanted.createdTo ?? 99))
          .map(({ instanceId }) => instanceId)
          .filter((id) => id.startsWith(wanted.idPrefix))
          .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
        expect(walk(wanted, size, 7).flat()).toEqual(matching);
        await store.hub.commit(() => now.forEach((row) => store.hub.removeInstance(row)));
        expect(walk(everything, 5, 5).flat()).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test("looks at no more than it may in one search, and an empty page is not the end (X3)", async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => instance(`i-${n}`, "Completed", n));
    await put(...rows);
    const late = { ...everything, createdFrom: 4_999 };
    const pages = walk(late, 100, 1_000);
    expect(pages).toHaveLength(5);
    expect(pages.flat()).toEqual(["i-4999"]);
  });

  test("steps over the instances of other statuses instead of looking at each of them", async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) =>
      instance(`i-${n}`, n === 4_321 ? "Failed" : "Completed", n),
    );
    await put(...rows);
    expect(
      store.hub.findIds({ ...everything, statuses: ["Failed"] }, "", { maxFound: 10, maxLooked: 2 }),
    ).toEqual({
      ids: ["i-4321"],
      next: "",
    });
  });

  test("knows each owner of messages once, and steps over a long inbox", async () => {
    await store.hub.commit(() => {
      for (const [owner, messages] of [
        ["a", 3],
        ["b", 500],
        ["c", 1],
        ["d", 40],
      ] as const) {
        for (let i = 0; i < messages; i++)
          store.hub.putMessage(owner, null, { kind: "eventRaised", name: "e", input: null }, 0);
      }
    });
    expect(store.hub.readInboxOwners("", 10)).toEqual(["a", "b", "c", "d"]);
    expect(store.hub.readInboxOwners("", 2)).toEqual(["a", "b"]);
    expect(store.hub.readInboxOwners("b", 10)).toEqual(["c", "d"]);
    expect(store.hub.readInboxOwners("d", 10)).toEqual([]);
  });
});
