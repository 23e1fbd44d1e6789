/** Ctrl-C and its like: the first asks for a gentle end, the second does not ask. */

export interface Interrupts {
  /** Aborts at the first one. */
  readonly signal: AbortSignal;
  /** What the second one does besides ending this process; the newest call wins. */
  onSecond(action: () => void): void;
  dispose(): void;
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * A terminal sends Ctrl-C to npm, to us and to our children alike, and npm may pass its own on: signals within
 * `echoMs` of the first are taken for the same key press.
 */
const echoMs = 500;

export function watchInterrupts(): Interrupts {
  const controller = new AbortController();
  let harder: () => void = () => undefined;
  let firstAt: number | undefined;
  const receive = (): void => {
    const now = performance.now();
    firstAt ??= now;
    controller.abort();
    if (now - firstAt <= echoMs) return;
    harder();
    process.exit(130);
  };
  for (const name of signals) process.on(name, receive);
  return {
    signal: controller.signal,
    onSecond: (action) => {
      harder = action;
    },
    dispose: () => {
      for (const name of signals) process.off(name, receive);
    },
  };
}

/** Settles when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    else signal.addEventListener("abort", () => done(), { once: true });
  });
}
