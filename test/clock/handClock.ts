import type { HostClock } from "../../src/host/hostClock";

/** A clock that only the test moves. */
export class HandClock implements HostClock {
  #now: number;
  #alarms: { readonly at: number; readonly action: () => void }[] = [];

  constructor(start: number) {
    this.#now = start;
  }

  readonly now = (): number => this.#now;

  readonly after = (ms: number, action: () => void): (() => void) => {
    const alarm = { at: this.#now + ms, action };
    this.#alarms.push(alarm);
    return () => (this.#alarms = this.#alarms.filter((each) => each !== alarm));
  };

  get waiting(): number {
    return this.#alarms.length;
  }

  /** The machine sleeps: the wall clock goes on, what waits does not. */
  sleepTo(end: number): void {
    this.#alarms = this.#alarms.map(({ at, action }) => ({ at: at + end - this.#now, action }));
    this.#now = end;
  }

  /** Moves on, waking what falls due on the way, each at its own time. */
  moveTo(end: number): void {
    for (;;) {
      const [next] = this.#alarms.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#alarms = this.#alarms.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
    this.#now = end;
  }

  /** Moves to what falls due next. */
  moveToNext(): void {
    if (this.#alarms.length > 0) this.moveTo(Math.min(...this.#alarms.map(({ at }) => at)));
  }
}
