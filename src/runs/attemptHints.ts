/**
 * Hints of compute targets that an attempt has changed, for looks that wait a moment: the end of a short script is
 * seen by the look that started it, which spares a wake-up, three turns and another look.
 *
 * Invariants:
 * 1. A hint that nobody listens for is not kept: whoever told it is told so, and wakes the attempt's orchestration.
 * 2. A look never waits longer than `patienceMs`, and at most `mostPatient` wait at once: activities are few.
 */
export interface AttemptHints {
  /** True when a look was waiting for it. */
  tell(attemptId: string): boolean;
  /** Begins to listen, so that nothing that comes from now on is missed. */
  listen(attemptId: string): Listening;
}

export interface Listening {
  /** Resolves at the first hint since `listen`, or when patience is over. */
  heard(): Promise<void>;
  /** Must be called in the end, whatever happened. */
  stop(): void;
}

const mostPatient = 8;

const impatient: Listening = { heard: () => Promise.resolve(), stop: () => undefined };

export function createAttemptHints(patienceMs = 500): AttemptHints {
  const listeners = new Map<string, () => void>();
  return {
    tell(attemptId) {
      const listener = listeners.get(attemptId);
      listener?.();
      return listener !== undefined;
    },
    listen(attemptId) {
      if (listeners.size >= mostPatient || listeners.has(attemptId)) return impatient;
      let timer: NodeJS.Timeout | undefined;
      let hear: () => void = () => undefined;
      const hint = new Promise<void>((resolve) => (hear = resolve));
      listeners.set(attemptId, hear);
      return {
        heard() {
          timer = setTimeout(hear, patienceMs);
          return hint;
        },
        stop() {
          clearTimeout(timer);
          listeners.delete(attemptId);
        },
      };
    },
  };
}
