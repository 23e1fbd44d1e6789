/** The real host for the conformance tests: one of its apps by name, on a scratch data folder. */
import path from "node:path";
import { ClockService } from "../clock/clockService";
import { HostProcess, Scratch, type Ended } from "../service/host/hostProcess";

export interface ConformanceHostOptions {
  /** A folder of test/conformance/apps. */
  readonly app: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly hasStorage?: boolean;
}

export function conformanceApp(name: string): string {
  return path.join(__dirname, "apps", name);
}

/** A host with its own data folder and journal; `start` may be called again after the host ended. */
export class ConformanceHost {
  readonly scratch = new Scratch();
  readonly journal = this.scratch.file("journal");
  readonly #options: ConformanceHostOptions;
  #host: HostProcess | null = null;
  #clock: ClockService | null = null;

  constructor(options: ConformanceHostOptions) {
    this.#options = options;
  }

  /** The running host; throws when none was started. */
  get host(): HostProcess {
    if (this.#host === null) throw new Error("The host was not started.");
    return this.#host;
  }

  /** Resolves when the host is ready; rejects with what it said when it refused to start. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<HostProcess> {
    this.#host = this.spawn(environment);
    await this.#host.ready;
    return this.#host;
  }

  /** Starts without waiting; the journal's file is in TEST_JOURNAL. */
  spawn(environment: Readonly<Record<string, string>> = {}): HostProcess {
    const { app, hasStorage = false } = this.#options;
    this.#host = new HostProcess({
      app: conformanceApp(app),
      dataDir: this.scratch.file("data"),
      environment: { TEST_JOURNAL: this.journal, ...this.#options.environment, ...environment },
      hasStorage,
    });
    return this.#host;
  }

  /** Ctrl+C in the terminal; Windows has no signal for it, so there the host is asked to end. Resolves when it ended. */
  async interrupt(): Promise<Ended> {
    if (process.platform === "win32") return this.host.stop();
    this.host.child.kill("SIGINT");
    return this.host.ended;
  }

  /** The environment of processes whose clock shows `instant` now; those that run with it have moved when it resolves. */
  async clockAt(instant: number): Promise<Readonly<Record<string, string>>> {
    if (this.#clock === null) this.#clock = await ClockService.start(instant);
    else await this.#clock.moveTo(instant);
    return this.#clock.environment;
  }

  /** Stops what runs, if anything does, and removes the scratch folder. */
  async end(): Promise<void> {
    await this.#host?.stop();
    await this.#clock?.stop();
    this.scratch.remove();
  }
}

/** What the host of an app says when it refuses to start; throws when it starts. */
export async function refusal(
  app: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const conformance = new ConformanceHost({ app, environment });
  try {
    const host = conformance.spawn();
    const outcome = await Promise.race([host.ended, host.ready.then(() => null)]);
    if (outcome === null) throw new Error(`The host of the app ${app} started.`);
    return textOf(outcome);
  } finally {
    await conformance.end();
  }
}

function textOf({ code, stderr }: Ended): string {
  if (code !== 1) throw new Error(`The host ended with ${code}: ${stderr}`);
  return stderr;
}
