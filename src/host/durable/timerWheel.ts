/**
 * Wakes orchestrations whose durable timers are due. The timers themselves are open tasks of their instances and rows of
 * the due index; this file keeps only where it is in the index and the next alarm.
 *
 * W1. An instance is woken for every timer whose instant the wall clock has reached: within a second, also after a jump
 *     of the clock or a sleep of the machine.
 * W2. Memory holds one page of the index. When the ready queue takes no more, the wheel stays where it is until there
 *     is room.
 * W3. Waking twice or early is harmless: the turn itself compares its timers with the clock. Every turn names the next timer
 *     that it leaves open, so one that was due until the clock went back is looked for again.
 */
import type { HubDatabase } from "./hubDatabase";
import type { TimerKey } from "./hubTables";

export interface TimerWheelOptions {
  readonly hub: HubDatabase;
  readonly now: () => number;
  /** Answers whether the instance is in the ready queue, where its turn will see the timer. */
  readonly wake: (instanceId: string) => boolean;
}

const longestStepMs = 1_000;
/** How long to wait for room in the ready queue. */
const fullPauseMs = 50;
const pageSize = 500;
const beginning: TimerKey = [0, "", 0];

export class TimerWheel {
  readonly #options: TimerWheelOptions;
  #alarm: NodeJS.Timeout | null = null;
  #alarmAt = Infinity;
  /** Every row before this one was woken for. */
  #next: TimerKey = beginning;
  #isStopped = false;

  constructor(options: TimerWheelOptions) {
    this.#options = options;
  }

  /** Makes sure to look at the index by `dueAt`. Call it with the earliest open timer after every turn (W3). */
  add(dueAt: number): void {
    if (dueAt <= this.#next[0]) this.#next = [dueAt, "", 0];
    if (dueAt < this.#alarmAt) this.#arm(dueAt);
  }

  /** Looks at the whole index, for what fell due while the host was down. */
  start(): void {
    this.#arm(this.#options.now());
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#alarm !== null) clearTimeout(this.#alarm);
  }

  /** The least pause is by the machine's own count: the wall clock may go back meanwhile. */
  #arm(dueAt: number, leastMs = 0): void {
    if (this.#isStopped) return;
    if (this.#alarm !== null) clearTimeout(this.#alarm);
    this.#alarmAt = dueAt;
    const waitMs = Math.min(Math.max(dueAt - this.#options.now(), leastMs), longestStepMs);
    this.#alarm = setTimeout(() => this.#ring(), waitMs);
  }

  #ring(): void {
    const { hub, now, wake } = this.#options;
    const at = now();
    if (at < this.#alarmAt) {
      this.#arm(this.#alarmAt);
      return;
    }
    this.#alarmAt = Infinity;
    const page = hub.readTimers(this.#next, pageSize);
    for (const key of page) {
      this.#next = key;
      if (key[0] > at) {
        this.#arm(key[0]);
        return;
      }
      if (!wake(key[1])) {
        this.#arm(at, fullPauseMs);
        return;
      }
    }
    if (page.length === pageSize) this.#arm(at);
  }
}
