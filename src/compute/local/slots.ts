/**
 * How many attempts may be at work at once. Pure bookkeeping, in memory only: after a restart every attempt is
 * looked up again, and those that still run hold their slots anew.
 *
 * Invariants:
 * 1. Never more than `limit` attempts are let in; those that run already hold a slot whatever the limit is.
 * 2. First come, first served.
 * 3. One that is withdrawn while it waits is told so, and never let in.
 */
export interface Slots {
  /** Resolves when the attempt is let in, or when it was withdrawn first. */
  take(attemptId: string): Promise<"taken" | "withdrawn">;
  /** The attempt is at work, whether it was let in here or by an earlier process. */
  hold(attemptId: string): void;
  /** The attempt is over. Harmless for one that holds nothing. */
  release(attemptId: string): void;
  withdraw(attemptId: string): void;
  isWaiting(attemptId: string): boolean;
  isHeld(attemptId: string): boolean;
  held(): readonly string[];
}

export function createSlots(limit: number): Slots {
  const held = new Set<string>();
  const waiting = new Map<string, (answer: "taken" | "withdrawn") => void>();

  const letIn = (): void => {
    for (const [attemptId, answer] of waiting) {
      if (held.size >= limit) return;
      waiting.delete(attemptId);
      held.add(attemptId);
      answer("taken");
    }
  };

  return {
    take(attemptId) {
      return new Promise((answer) => {
        waiting.set(attemptId, answer);
        letIn();
      });
    },
    hold: (attemptId) => void held.add(attemptId),
    release(attemptId) {
      if (held.delete(attemptId)) letIn();
    },
    withdraw(attemptId) {
      waiting.get(attemptId)?.("withdrawn");
      waiting.delete(attemptId);
    },
    isWaiting: (attemptId) => waiting.has(attemptId),
    isHeld: (attemptId) => held.has(attemptId),
    held: () => [...held],
  };
}
