/** How long to wait before looking again, where a wake-up that should come may be lost. */

const firstMs = 500;
const longestMs = 15_000;

/** 0.5 s, 1 s, 2 s, … 15 s for the 0th, 1st, 2nd, … look. */
export function backOffMs(looks: number): number {
  return Math.min(longestMs, firstMs * 2 ** Math.min(looks, 10));
}

/** The instant `ms` milliseconds after another. */
export function later(instant: Date, ms: number): Date {
  return new Date(instant.getTime() + ms);
}
