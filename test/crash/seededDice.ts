/** Chance that can be repeated: the same seed gives the same throws in the same order. */
export interface SeededDice {
  readonly seed: number;
  /** A number in [low, high). */
  between(low: number, high: number): number;
  /** A whole number in [0, sides). */
  below(sides: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Dice of their own, so that throws elsewhere do not move these. */
  fork(): SeededDice;
}

/** `seed`: any whole number; only its low 32 bits count. The generator is mulberry32. */
export function seededDice(seed: number): SeededDice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    between: (low, high) => low + next() * (high - low),
    below: (sides) => Math.floor(next() * sides),
    chance: (probability) => next() < probability,
    fork: () => seededDice(Math.floor(next() * 2 ** 32)),
  };
}
