/**
 * Owns: how deliveries are disturbed in tests: each event is repeated and delayed at random, and so shuffled, as a
 * receiver of Event Grid must expect it. Must not: be on outside of tests, nor lose an event.
 */

/** Deliveries are drawn from `seed`; the same seed and the same events give the same plan. */
export interface DisturbedDelivery {
  readonly seed: number;
}

export interface Disturbance {
  /** When each copy of the next event goes out, in milliseconds from now; the first is the one that counts. */
  next(): readonly number[];
}

const MAX_DELAY_MS = 150;
const MAX_COPIES = 3;
/** Environment variable that turns it on for a host of its own process. */
const VARIABLE = "SLUICE_TEST_EVENTS_SEED";

export function openDisturbance({ seed }: DisturbedDelivery): Disturbance {
  const random = numbersOf(seed);
  return {
    next: () => {
      const copies = 1 + Math.floor(random() * MAX_COPIES);
      return Array.from({ length: copies }, () => Math.floor(random() * MAX_DELAY_MS));
    },
  };
}

/** What the environment asks for. Throws outside of tests and for what is no seed. */
export function disturbanceIn(env: NodeJS.ProcessEnv): DisturbedDelivery | undefined {
  const text = env[VARIABLE];
  if (text === undefined || text === "") return undefined;
  if (env["NODE_ENV"] !== "test")
    throw new Error(
      `${VARIABLE} repeats and shuffles blob events and is for tests (NODE_ENV=test) only; unset it.`,
    );
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${VARIABLE} must be a whole number, not "${text}".`);
  return { seed: Number(text) };
}

/** A small generator of evenly spread numbers below 1 (mulberry32). */
function numbersOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
