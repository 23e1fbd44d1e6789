/**
 * Runs one action for each item, so many at a time, in the order of the items. An action that fails does not
 * stop the others; the failures come back in the order of the items.
 */
export async function settleEach<Item>(
  items: readonly Item[],
  width: number,
  action: (item: Item) => Promise<void>,
): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  const queue = items.values();
  const work = async (): Promise<void> => {
    for (const item of queue) {
      try {
        await action(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, work));
  return failures;
}
