const bars = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/** The course of a series in at most `width` characters; each stands for the mean of its share of the values. */
export function sparkline(values: readonly number[], width: number): string {
  const finite = values.filter(Number.isFinite);
  if (finite.length === 0 || width < 1) return "";
  // To the range -1 … 1 first: the span of two huge values would be infinite.
  const largest = Math.max(...finite.map(Math.abs)) || 1;
  const scaled = finite.map((value) => value / largest);
  const points = means(scaled, Math.min(width, scaled.length));
  const low = Math.min(...points);
  const span = Math.max(...points) - low;
  const top = bars.length - 1;
  return points.map((point) => bars[span === 0 ? 0 : Math.round(((point - low) / span) * top)]).join("");
}

function means(values: readonly number[], count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => {
    const share = values.slice(
      Math.floor((index * values.length) / count),
      Math.floor(((index + 1) * values.length) / count),
    );
    return share.reduce((sum, value) => sum + value, 0) / share.length;
  });
}
