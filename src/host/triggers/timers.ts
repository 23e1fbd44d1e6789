/**
 * Runs the timer triggers: one alarm per function.
 *
 * 1. Never two runs of one function at once.
 * 2. The status of a monitored timer is stored after its run, so a crash during the run leads to a past-due run.
 * 3. A timer fires within two seconds of its instant by the wall clock, also after the machine slept or its clock was set.
 */
import type { TimerFunction } from "../app/functionTable";
import type { HubDatabase } from "../durable/hubDatabase";
import type { HostClock } from "../hostClock";
import type { HostLog } from "../log/hostLog";
import { afterRun, startTimer, timerInput, type TimerStatus } from "./timerState";

export interface TimersOptions {
  readonly hub: HubDatabase;
  readonly clock: HostClock;
  readonly log: HostLog;
  /** Runs the function with its timer object; resolves when it ended, well or not. */
  readonly run: (timer: TimerFunction, input: string) => Promise<void>;
}

/** A sleeping machine does not count: no wait is longer than a timer may be late. */
const longestStepMs = 2_000;

export class Timers {
  readonly #options: TimersOptions;
  readonly #alarms = new Map<string, () => void>();
  #isStopped = false;

  constructor(options: TimersOptions) {
    this.#options = options;
  }

  async start(timers: readonly TimerFunction[]): Promise<void> {
    for (const timer of timers) {
      const now = this.#options.clock.now();
      const { status, runNow } = startTimer(timer, this.#read(timer), now);
      if (status !== null) await this.#write(timer, status);
      if (runNow === null) this.#arm(timer, status?.next ?? timer.rule.next(now), status);
      else void this.#fire(timer, now, status, runNow === "past due");
    }
  }

  stop(): void {
    this.#isStopped = true;
    this.#alarms.forEach((callOff) => callOff());
  }

  #arm(timer: TimerFunction, due: number, status: TimerStatus | null): void {
    if (this.#isStopped) return;
    const { clock } = this.#options;
    const leftMs = due - clock.now();
    if (leftMs <= 0) return void this.#fire(timer, due, status, false);
    const callOff = clock.after(Math.min(leftMs, longestStepMs), () => this.#arm(timer, due, status));
    this.#alarms.set(timer.name, callOff);
  }

  async #fire(
    timer: TimerFunction,
    due: number,
    status: TimerStatus | null,
    isPastDue: boolean,
  ): Promise<void> {
    const { clock, log, run } = this.#options;
    const startedAt = clock.now();
    log.timerFired(timer.name, isPastDue);
    await run(timer, timerInput(timer, status, isPastDue));
    const after = afterRun(timer.rule, due, startedAt);
    if (this.#isStopped) return;
    if (timer.useMonitor) await this.#write(timer, after);
    this.#arm(timer, after.next, timer.useMonitor ? after : null);
  }

  #read(timer: TimerFunction): TimerStatus | null {
    return (this.#options.hub.schedules.get(timer.name) as TimerStatus | undefined) ?? null;
  }

  async #write(timer: TimerFunction, status: TimerStatus): Promise<void> {
    const { hub, log } = this.#options;
    try {
      await hub.commit(() => void hub.schedules.put(timer.name, status));
    } catch (error) {
      log.storeFailed(
        `the status of timer '${timer.name}'`,
        error instanceof Error ? error.message : String(error),
      );
    }
  }
}
