/**
 * Completions of activities on their way into an inbox: handed to the store, not yet known to be on disk. A turn may be
 * computed with them, so that the app replays while the disk syncs.
 *
 * 1. A turn that took one is committed only if its row is there (`commitTurn` looks): nothing stored and nothing started
 *    ever rests on a completion that is not on disk.
 * 2. Each is here only while its own commit is under way, so there are never more than running activities.
 * 3. A turn that lost its commit is not offered the same completions again; it meets them in the inbox.
 */
import type { InboxEntry } from "./message";

/** A completion with the place in the inbox that it will have. */
export type Arrival = InboxEntry & { readonly seq: number };

interface Pending {
  readonly arrival: Arrival;
  isOffered: boolean;
}

export class Arrivals {
  readonly #pending = new Map<string, Map<number, Pending>>();

  add(instanceId: string, arrival: Arrival): void {
    const pending = this.#pending.get(instanceId) ?? new Map<number, Pending>();
    this.#pending.set(instanceId, pending.set(arrival.seq, { arrival, isOffered: true }));
  }

  /** What a turn of the instance may take. */
  of(instanceId: string): readonly Arrival[] {
    const pending = this.#pending.get(instanceId);
    if (pending === undefined) return [];
    return [...pending.values()].filter(({ isOffered }) => isOffered).map(({ arrival }) => arrival);
  }

  /** A turn lost its commit. */
  withhold(instanceId: string, seqs: readonly number[]): void {
    for (const seq of seqs) {
      const pending = this.#pending.get(instanceId)?.get(seq);
      if (pending !== undefined) pending.isOffered = false;
    }
  }

  /** Forgets one: its own commit ended, or that of a turn that took it. Answers whether it was still here. */
  remove(instanceId: string, seq: number): boolean {
    const pending = this.#pending.get(instanceId);
    const wasHere = pending?.delete(seq) ?? false;
    if (pending?.size === 0) this.#pending.delete(instanceId);
    return wasHere;
  }
}
