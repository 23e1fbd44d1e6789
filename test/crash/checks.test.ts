import { describe, expect, test } from "@jest/globals";
import { judgeMail } from "./checkInstances";
import { checkJournal } from "./checkJournal";
import { emptyRecord, type LoadRecord } from "./loadRecord";
import { Register } from "./register";

const violations = (lines: readonly string[], record: Partial<LoadRecord> = {}): readonly string[] =>
  checkJournal(lines, { ...emptyRecord(), ...record }).violations;

describe("the journal", () => {
  test("lets an activity begin again in another process before anything proves its completion", () => {
    expect(checkJournal(["1 begin chain-1 0", "2 begin chain-1 0"], emptyRecord())).toMatchObject({
      violations: [],
      reruns: 1,
      begun: 1,
    });
  });

  test("names an activity that begins again behind the size at which its completion was seen, and not before", () => {
    const lines = ["1 begin fan-1 0", "2 begin fan-1 0"];
    const seenAt = (journalSize: number) => ({ seen: [{ id: "fan-1", key: "0", journalSize }] });
    expect(violations(lines, seenAt(16))).toEqual([expect.stringContaining("after its completion was seen")]);
    expect(violations(lines, seenAt(17))).toEqual([]);
  });

  test("names an activity that begins again after the one that follows it, unless they run side by side", () => {
    const lines = (id: string) => [`1 begin ${id} 0`, `1 begin ${id} 1`, `2 begin ${id} 0`];
    expect(violations(lines("chain-1"))).toEqual([expect.stringContaining("after activity 1 had begun")]);
    expect(violations(lines("family-1.0"))).toHaveLength(1);
    expect(violations(lines("fan-1"))).toEqual([]);
  });

  test("names an activity that begins twice in one process, unless the orchestration retries it", () => {
    const lines = (id: string) => [`1 begin ${id} 0`, `1 begin ${id} 0`];
    expect(violations(lines("chain-1"))).toEqual([expect.stringContaining("twice in process 1")]);
    expect(violations(lines("retry-1"))).toEqual([]);
  });

  test("names a blob write whose own ETag raised no event", () => {
    const blobWrites = new Set(['a "0x1"', 'a "0x2"']);
    expect(violations(['1 event a "0x1"'], { blobWrites })).toEqual([
      'the blob write a "0x2" raised no event',
    ]);
  });
});

describe("a mailbox", () => {
  const mail = [
    { value: 0, isAccepted: true },
    { value: 1, isAccepted: false },
    { value: 2, isAccepted: true },
  ];

  test("may hold an event that was cut short, or not", () => {
    expect([judgeMail({ mail }, [0, 2]), judgeMail({ mail }, [0, 1, 2])]).toEqual([[], []]);
  });

  test("is named when it lost an acknowledged event, or holds one twice or too early", () => {
    expect(judgeMail({ mail }, [0])).toEqual(["the acknowledged event 2 is lost"]);
    expect(judgeMail({ mail }, [0, 0, 2])).toHaveLength(1);
    expect(judgeMail({ mail }, [2, 0])).toHaveLength(1);
  });
});

describe("a key that is written while hosts die", () => {
  test("may hold what was acknowledged last and everything that was cut short since", async () => {
    const register = new Register<string | null>(null);
    const cut = (): Promise<void> => Promise.reject(new Error("cut short"));
    await register.set("a", () => Promise.resolve());
    await register.set("b", cut).catch(() => undefined);
    await register.set("c", cut).catch(() => undefined);
    expect([null, "a", "b", "c"].map((value) => register.mayHold(value))).toEqual([false, true, true, true]);
    await register.set("d", () => Promise.resolve());
    expect(register.possible).toEqual(["d"]);
  });
});
