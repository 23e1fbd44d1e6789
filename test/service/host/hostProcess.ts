/** Starts the compiled host as people start it, and talks to it over HTTP. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const repository = path.resolve(__dirname, "../../..");

export function fixture(name: string): string {
  return path.join(__dirname, "fixtures", name);
}

/** A scratch folder that ends with the test. */
export class Scratch {
  readonly folder = mkdtempSync(path.join(tmpdir(), "host-test-"));

  file(name: string): string {
    return path.join(this.folder, name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HostOptions {
  readonly app: string;
  readonly dataDir: string;
  readonly port?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** Where the compiled app is; the repository's own `dist` without it. */
  readonly dist?: string;
  /** Whether the host opens its own storage; without it the app's connection string leads nowhere. */
  readonly hasStorage?: boolean;
}

export class HostProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly ready: Promise<Readonly<Record<string, unknown>>>;
  readonly #dataDir: string;
  #stdout = "";
  #stderr = "";
  #url = "";

  constructor({ app, dataDir, port = 0, environment = {}, dist, hasStorage = false }: HostOptions) {
    const entry = path.join(dist ?? path.join(repository, "dist"), "host", "main.js");
    if (!existsSync(entry)) throw new Error("The host is not built: run `npm run build` first.");
    this.#dataDir = dataDir;
    const args = [entry, app, "--port", String(port), "--data", dataDir];
    if (!hasStorage) args.push("--storage", "UseDevelopmentStorage=true");
    this.child = spawn(process.execPath, args, {
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.child.stderr?.on("data", (text: Buffer) => (this.#stderr += text.toString()));
    this.ended = this.#waitForEnd();
    this.ready = new Promise((resolve, reject) => {
      this.child.stdout?.on("data", (text: Buffer) => {
        this.#stdout += text.toString();
        if (this.#stdout.includes("\n")) resolve(this.#readReady());
      });
      void this.ended.then(({ code, stderr }) => reject(new Error(`The host ended with ${code}: ${stderr}`)));
    });
    this.ready.catch(() => undefined);
  }

  static async start(options: HostOptions): Promise<HostProcess> {
    const host = new HostProcess(options);
    await host.ready;
    return host;
  }

  get url(): string {
    return this.#url;
  }

  get log(): string {
    return this.#stderr;
  }

  get keys(): {
    readonly masterKey: string;
    readonly functionKeys: { readonly default: string };
    readonly systemKeys: { readonly eventgrid_extension: string };
    readonly storage: { readonly account: string; readonly key: string };
  } {
    return JSON.parse(
      readFileSync(path.join(this.#dataDir, "host", "keys.json"), "utf8"),
    ) as HostProcess["keys"];
  }

  async fetch(route: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.#url}${route}`, init);
  }

  /** The durable management API, with the key. */
  async durable(method: string, route: string, body?: unknown): Promise<Response> {
    const headers = { "x-functions-key": this.keys.masterKey, "content-type": "application/json" };
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    return this.fetch(`/runtime/webhooks/durabletask/${route}`, init);
  }

  /** Starts an orchestration; its id is on disk when this resolves. */
  async startNew(name: string, id: string, input: unknown): Promise<void> {
    const response = await this.durable("POST", `orchestrators/${name}/${id}`, input);
    if (response.status !== 202) throw new Error(`${response.status}: ${await response.text()}`);
  }

  async status(id: string, query = ""): Promise<Status> {
    return (await (await this.durable("GET", `instances/${id}${query}`)).json()) as Status;
  }

  /** Waits until the status passes; the test's own time limit bounds it. */
  async until(
    id: string,
    isWanted: (status: Status) => boolean = (status) => status.runtimeStatus === "Completed",
  ): Promise<Status> {
    for (;;) {
      const answer = await this.durable("GET", `instances/${id}`);
      if (answer.status === 404) {
        await delay(10);
        continue;
      }
      const status = (await answer.json()) as Status;
      if (isWanted(status)) return status;
      if (["Failed", "Terminated"].includes(status.runtimeStatus)) throw new Error(JSON.stringify(status));
      await delay(10);
    }
  }

  /** Runs an orchestration to its end. */
  async run(name: string, id: string, input: unknown): Promise<Status> {
    await this.startNew(name, id, input);
    return this.until(id, ({ runtimeStatus }) =>
      ["Completed", "Failed", "Terminated"].includes(runtimeStatus),
    );
  }

  kill(): Promise<Ended> {
    this.child.kill("SIGKILL");
    return this.ended;
  }

  stop(): Promise<Ended> {
    if (this.child.connected) this.child.send("shutdown");
    return this.ended;
  }

  /** Not the "close" event: it does not come once the channel was disconnected from this side. */
  async #waitForEnd(): Promise<Ended> {
    const streams = [this.child.stdout, this.child.stderr].map((stream) => once(stream!, "close"));
    const [code] = (await once(this.child, "exit")) as [number | null];
    await Promise.all(streams);
    return { code, stdout: this.#stdout, stderr: this.#stderr };
  }

  #readReady(): Readonly<Record<string, unknown>> {
    const ready = JSON.parse(this.#stdout) as Readonly<Record<string, unknown>>;
    this.#url = String(ready["url"]);
    return ready;
  }
}

export interface Status {
  readonly runtimeStatus: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly customStatus: unknown;
  readonly historyEvents?: readonly Readonly<Record<string, unknown>>[];
}

/** The lines an app's functions appended to the journal. */
export function readJournal(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").slice(0, -1) : [];
}

export async function untilTrue(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await delay(10);
}
