/** Skips the steps of a run that is over which were never started and never will be. */
import type { StoredStep } from "./stepRow";
import type { StepStore } from "./stepStore";

export async function skipWaiting(
  store: StepStore,
  steps: readonly StoredStep[],
  { reason, endedAt }: { readonly reason: string; readonly endedAt: string },
): Promise<void> {
  const waiting = steps.filter(({ record }) => record.status === "waiting");
  await store.moveAll(
    waiting.map((from) => ({
      from,
      to: { ...from, record: { ...from.record, status: "skipped", reason, endedAt } },
    })),
  );
}
