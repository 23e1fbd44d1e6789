/** Runs `work` that many times and keeps the milliseconds of each round. */
export async function repeat(times, work) {
  const samples = [];
  for (let round = 0; round < times; round += 1) {
    const begin = performance.now();
    await work(round);
    samples.push(performance.now() - begin);
  }
  return summary(samples);
}

/**
 * Runs the works in turn, `rounds` times, so that all meet the same noise of the machine. Each answers the milliseconds
 * of one round, or a list of them; the answer has a summary for each.
 */
export async function inTurn(rounds, works) {
  const samples = works.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, work] of works.entries()) samples[index].push(...[await work(round)].flat());
  }
  return samples.map(summary);
}

/** The milliseconds that `work` takes. */
export async function timed(work) {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

/** Minimum, median, maximum and 95th percentile of milliseconds. */
export function summary(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { min: sorted[0], median: at(0.5), p95: at(0.95), max: sorted.at(-1), samples: sorted.length };
}

/** "12.3 (10.1–20.5)": median with minimum and maximum. */
export function spread({ min, median, max }) {
  return `${short(median)} (${short(min)}–${short(max)})`;
}

export function short(value) {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value.toFixed(2);
}
