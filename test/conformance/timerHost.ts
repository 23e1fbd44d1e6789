/** A host of timers: each test names those of its app that it wants, and may set the clock that the host starts with. */
import { afterEach } from "@jest/globals";
import { readJournal, untilTrue } from "../service/host/hostProcess";
import { ConformanceHost } from "./conformanceHost";

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

  /** Starts with a clock that shows `instant`. */
  async startAt(instant: string, environment: Environment = {}): Promise<void> {
    await this.start({ ...environment, ...(await this.clockAt(Date.parse(instant))) });
  }

  /** Waits for so many more entries than before the start and lets what is under way end: what has not run by then was not due. */
  async runOnce(count: number, start: () => Promise<unknown>): Promise<void> {
    const before = this.runs().length;
    await start();
    await untilTrue(() => this.runs().length >= before + count);
    await this.host.stop();
  }

  /** The instant a schedule comes next, told by the timer object of a run at the start. */
  async nextOf(schedule: string, at: string, zone = "UTC"): Promise<string> {
    const environment = { TEST_SCHEDULE: schedule, WEBSITE_TIME_ZONE: zone };
    await this.runOnce(1, async () => this.startAt(at, environment));
    return new Date(this.runs()[0]?.timer.scheduleStatus?.next ?? NaN).toISOString();
  }
}

/** Makes hosts that end with their test. */
export function timerHosts(): (...timers: readonly string[]) => TimerHost {
  const hosts: TimerHost[] = [];
  afterEach(async () => {
    for (const host of hosts.splice(0)) await host.end();
  });
  return (...timers) => {
    const host = new TimerHost(...timers);
    hosts.push(host);
    return host;
  };
}
