/** A host of timers: each test names those of its app that it wants, and may set the clock that the host starts with. */
import { writeFileSync } from "node:fs";
import { readJournal, untilTrue } from "../service/host/hostProcess";
import { ConformanceHost } from "./conformanceHost";
import { preload } from "./durableHost";

type Environment = Readonly<Record<string, string>>;

/** A run of a timer as its function saw it. */
export interface TimerRun {
  readonly name: string;
  readonly at: number;
  readonly timer: {
    readonly isPastDue: boolean;
    readonly scheduleStatus: { readonly last: string; readonly next: string } | null;
  };
}

export class TimerHost extends ConformanceHost {
  constructor(...timers: readonly string[]) {
    super({ app: "timers", environment: { TEST_TIMERS: timers.join(",") } });
  }

  /** What the functions journalled so far. */
  runs<T = TimerRun>(): T[] {
    return readJournal(this.journal).map((line) => JSON.parse(line) as T);
  }

  /** The environment of a host whose clock shows `instant` now, in every process of it. */
  clockAt(instant: string, environment: Environment = {}): Environment {
    const file = this.scratch.file("clock");
    writeFileSync(file, String(Date.parse(instant) - Date.now()));
    return { ...environment, ...preload("movedClock.cjs"), TEST_CLOCK: file };
  }

  /** Starts, waits for so many more entries and lets what is under way end: what has not run by then was not due. */
  async runOnce(environment: Environment, count: number): Promise<void> {
    const before = this.runs().length;
    await this.start(environment);
    await untilTrue(() => this.runs().length >= before + count);
    await this.host.stop();
  }

  /** The instant a schedule comes next, told by the timer object of a run at the start. */
  async nextOf(schedule: string, at: string, zone = "UTC"): Promise<string> {
    await this.runOnce(this.clockAt(at, { TEST_SCHEDULE: schedule, WEBSITE_TIME_ZONE: zone }), 1);
    return new Date(this.runs()[0]?.timer.scheduleStatus?.next ?? NaN).toISOString();
  }
}
