/** The app `durable` on a host, what its functions did, and the places where the host can be made to die. */
import { afterAll, beforeAll } from "@jest/globals";
import path from "node:path";
import { readJournal, type HostProcess } from "../service/host/hostProcess";
import { ConformanceHost } from "./conformanceHost";

export class DurableHost extends ConformanceHost {
  constructor(environment: Readonly<Record<string, string>> = {}) {
    super({ app: "durable", environment });
  }

  /** What the functions noted under `what`, in order. */
  notes(what: string): unknown[] {
    return readJournal(this.journal)
      .map((line) => JSON.parse(line) as [string, unknown])
      .flatMap(([noted, detail]) => (noted === what ? [detail] : []));
  }

  /** How often the activity `step` began for this instance and number. */
  steps(id: string, n: number): number {
    return this.notes("step").filter((detail) => JSON.stringify(detail) === JSON.stringify([id, n])).length;
  }

  /** Starts a host that ends at the named call, such as "commitTurn before 2". */
  async startToDieAt(call: string): Promise<HostProcess> {
    return this.start({ ...preload("crashPoint.cjs"), TEST_KILL_AT: call });
  }

  /** Ends the host as a power cut of its process does, and starts it again. */
  async killAndStart(environment: Readonly<Record<string, string>> = {}): Promise<HostProcess> {
    await this.host.kill();
    return this.start(environment);
  }

  /** Raises an event over the management API; answers the status. */
  async raise(id: string, event: string, data: unknown): Promise<number> {
    return (await this.host.durable("POST", `instances/${id}/raiseEvent/${event}`, data)).status;
  }

  /** An operation of the durable client inside the app: its result, or what it threw. */
  async client(operation: string, input: unknown): Promise<Readonly<Record<string, unknown>>> {
    const init = { method: "POST", body: JSON.stringify(input) };
    const answer = await this.host.fetch(`/api/client/${operation}`, init);
    return (await answer.json()) as Readonly<Record<string, unknown>>;
  }

  /** The history view of an instance, without its outputs unless they are asked for. */
  async history(id: string, outputs = false): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const query = `?showHistory=true&showHistoryOutput=${outputs}`;
    return (await this.host.status(id, query)).historyEvents ?? [];
  }

  /** How often an event of this type is in the history. */
  async count(id: string, type: string): Promise<number> {
    return (await this.history(id)).filter((event) => event["EventType"] === type).length;
  }
}

/** One host for all tests of a file. */
export function sharedDurableHost(): DurableHost {
  const durable = new DurableHost();
  beforeAll(async () => {
    await durable.start();
  });
  afterAll(async () => durable.end());
  return durable;
}

/** The environment that loads a file of the folder `preload` into the host's processes before their own code. */
export function preload(file: string): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--require ${JSON.stringify(path.join(__dirname, "preload", file))}` };
}

export const isOver = ({ runtimeStatus }: { readonly runtimeStatus: string }): boolean =>
  ["Completed", "Failed", "Terminated"].includes(runtimeStatus);

export const isWaiting = ({ customStatus }: { readonly customStatus: unknown }): boolean =>
  customStatus !== null;
