/**
 * Wakes orchestrations whose durable timers are due. The timers themselves are open tasks of their instances and rows of
 * the due index; this file keeps only the next alarm. The wall clock decides, and it may jump or stand still while the machine
 * sleeps, so a wait is taken in steps of a second.
 */
import type { HubDatabase } from "./hubDatabase";

const longestStepMs = 1_000;

export class TimerWheel {
  readonly #hub: HubDatabase;
  readonly #wake: (instanceIds: readonly string[]) => void;
  #alarm: NodeJS.Timeout | null = null;
  #alarmAt = Infinity;
  #scannedTo = 0;
  #isStopped = false;

  constructor(hub: HubDatabase, wake: (instanceIds: readonly string[]) => void) {
    this.#hub = hub;
    this.#wake = wake;
  }

  /** Makes sure to look at the index by `dueAt`. Call it for every timer that was committed. */
  add(dueAt: number): void {
    if (dueAt <= this.#scannedTo) this.#scannedTo = dueAt - 1;
    if (dueAt < this.#alarmAt) this.#arm(dueAt);
  }

  /** Looks at the index from its beginning: at start, and when woken instances did not fit in memory. */
  rescan(): void {
    this.#scannedTo = 0;
    this.#arm(Date.now());
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#alarm !== null) clearTimeout(this.#alarm);
  }

  #arm(dueAt: number): void {
    if (this.#isStopped) return;
    if (this.#alarm !== null) clearTimeout(this.#alarm);
    this.#alarmAt = dueAt;
    const waitMs = Math.min(Math.max(dueAt - Date.now(), 0), longestStepMs);
    this.#alarm = setTimeout(() => (Date.now() < dueAt ? this.#arm(dueAt) : this.#ring()), waitMs);
  }

  #ring(): void {
    const now = Date.now();
    const due = new Set<string>();
    this.#alarmAt = Infinity;
    for (const [at, instanceId] of this.#hub.timers.getKeys({ start: [this.#scannedTo + 1, "", 0] })) {
      if (at > now) {
        this.#arm(at);
        break;
      }
      due.add(instanceId);
    }
    this.#scannedTo = Math.max(this.#scannedTo, now);
    if (due.size > 0) this.#wake([...due]);
  }
}
