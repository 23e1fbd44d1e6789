/** Work in portions: table transactions hold 100 rows at most, and the service is not asked everything at once. */

export const largestBatch = 100;

export function batchesOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const batches: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += size) batches.push(items.slice(from, from + size));
  return batches;
}

/** Maps in order, `width` at a time. */
export async function mapSome<T, R>(
  items: readonly T[],
  width: number,
  map: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (const batch of batchesOf(items, width)) results.push(...(await Promise.all(batch.map(map))));
  return results;
}
