/** Holds on to a change that the store refuses until it takes it: what an app did is not done again for a full disk. */
import { StoreFailed } from "./commitQueue";

export interface PersistOptions {
  readonly isStopped: () => boolean;
  /** Told of every refusal, with the pause in milliseconds before the next try. */
  readonly onRefused: (problem: string, pauseMs: number) => void;
}

export type Persisted<T> = { readonly kind: "stored"; readonly value: T } | { readonly kind: "stopped" };

const firstPauseMs = 50;
const longestPauseMs = 2_000;

/** Tries `change` until it is on disk or the host stops. Errors other than `StoreFailed` pass. */
export async function persist<T>(change: () => Promise<T>, options: PersistOptions): Promise<Persisted<T>> {
  for (let pauseMs = firstPauseMs; !options.isStopped(); pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    try {
      return { kind: "stored", value: await change() };
    } catch (error) {
      if (!(error instanceof StoreFailed)) throw error;
      options.onRefused(error.reason, pauseMs);
      await pause(pauseMs);
    }
  }
  return { kind: "stopped" };
}

/** The pause keeps no process alive: a host that stops does not wait for its disk. */
async function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
