/**
 * Owns: how the storage asks for the time, and its instants, in ticks of 100 ns since 0001-01-01 (the unit of Azure's ETags and Timestamps).
 *
 * Invariants:
 * K1. Two calls of one process never give the same tick, and ticks only grow, whatever the machine's clock does.
 */

/** The time as the storage sees it. Instants are milliseconds since 1970. */
export interface StorageClock {
  now(): number;
  /** Calls `action` once, when `ms` milliseconds of this clock have passed; the answer calls it off. */
  after(ms: number, action: () => void): () => void;
}

export const machineClock: StorageClock = {
  now: () => Date.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};

const TICKS_PER_MS = 10_000n;
const UNIX_EPOCH_TICKS = 621_355_968_000_000_000n;

/** Gives the next tick: the current time, or one more than the last tick when the clock stood still or went back. */
export type TickClock = () => bigint;

export function createTickClock(now: () => number): TickClock {
  let last = 0n;
  return () => {
    const current = ticksOfMs(now());
    last = current > last ? current : last + 1n;
    return last;
  };
}

export function ticksOfMs(unixMs: number): bigint {
  return BigInt(Math.trunc(unixMs)) * TICKS_PER_MS + UNIX_EPOCH_TICKS;
}

/** Milliseconds since 1970, cut to whole ones. */
export function msOfTicks(ticks: bigint): number {
  return Number((ticks - UNIX_EPOCH_TICKS) / TICKS_PER_MS);
}

/** ISO 8601 with seven decimals, as a Table Timestamp shows it. */
export function isoOfTicks(ticks: bigint): string {
  const rest = (ticks - UNIX_EPOCH_TICKS) % TICKS_PER_MS;
  const iso = new Date(msOfTicks(ticks)).toISOString();
  return `${iso.slice(0, -1)}${rest.toString().padStart(4, "0")}Z`;
}
