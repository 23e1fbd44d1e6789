/** The time as the host sees it; given to everything that waits, so that tests can move it. Instants are Unix milliseconds. */
export interface HostClock {
  readonly now: () => number;
  /** Calls `action` once, not before `ms` milliseconds have passed; the answer calls it off. */
  readonly after: (ms: number, action: () => void) => () => void;
}

/** A timer of Node waits no longer than this. */
const longestMs = 2 ** 31 - 1;

export const systemClock: HostClock = {
  now: () => Date.now(),
  after: (ms, action) => {
    const timer = setTimeout(action, Math.min(ms, longestMs));
    return () => clearTimeout(timer);
  },
};
