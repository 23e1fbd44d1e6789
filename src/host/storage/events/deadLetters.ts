/**
 * Owns: events that were given up: kept on disk with the reason for whoever looks into it. Must not: deliver.
 *
 * Invariants:
 * Q1. Retention is bounded: KEPT_MS, and MAX_KEPT events of all subscriptions, the oldest go first.
 */
import type { Change } from "../store/groupCommit";
import { JsonRow } from "../store/jsonRow";
import type { StoreRows } from "../store/storeRows";
import type { BlobEvent } from "./blobEvent";

/** An event that was given up. */
export interface DeadLetter {
  readonly subscription: string;
  readonly reason: string;
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly event: BlobEvent;
}

export interface DeadLetters {
  add(change: Change, key: Buffer, letter: DeadLetter): void;
  /** Oldest first. */
  list(): readonly DeadLetter[];
  /** Q1. */
  prune(): Promise<void>;
  problems(): readonly string[];
}

const DAY_MS = 24 * 3_600_000;
const KEPT_MS = 7 * DAY_MS;
const MAX_KEPT = 1_000;
const LETTER_ROW = new JsonRow<DeadLetter>();

export function openDeadLetters(rows: StoreRows, now: () => number): DeadLetters {
  function stored(): { key: Buffer; letter: DeadLetter }[] {
    return [...rows.deadLetters.getRange({})]
      .map(({ key, value }) => ({ key: Buffer.from(key), letter: LETTER_ROW.decode(value) }))
      .sort((left, right) => left.letter.at - right.letter.at);
  }

  return {
    add: (change, key, letter) => change.put(rows.deadLetters, key, LETTER_ROW.encode(letter)),
    list: () => stored().map(({ letter }) => letter),
    prune: async () => {
      const all = stored();
      const tooMany = all.length - MAX_KEPT;
      const old = all.filter(({ letter }, index) => index < tooMany || letter.at < now() - KEPT_MS);
      if (old.length === 0) return;
      await rows.commits.commit((change) => {
        for (const { key } of old) change.remove(rows.deadLetters, key);
      });
    },
    problems: () => {
      const recent = stored().filter(({ letter }) => letter.at > now() - DAY_MS);
      const bySubscription = new Map<string, DeadLetter[]>();
      for (const { letter } of recent)
        bySubscription.set(letter.subscription, [...(bySubscription.get(letter.subscription) ?? []), letter]);
      return [...bySubscription.values()].map(problemOf);
    },
  };
}

function problemOf(letters: readonly DeadLetter[]): string {
  const last = letters.at(-1);
  return `${letters.length} blob event(s) for ${last?.subscription ?? ""} were given up within a day, the last about ${last?.event.subject ?? ""}: ${last?.reason ?? ""}.`;
}
