/**
 * What became of the orchestrations, against what was acknowledged.
 *
 * 1. An accepted instance exists and completes; one whose start was cut short does so or does not exist.
 * 2. Its output is the one that its input determines, and its history holds each completion exactly once.
 * 3. A mailbox holds every acknowledged event exactly once, in order, and a cut-short one at most once.
 * 4. A parent has exactly one completion for each of its children, and the children completed.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { HostProcess } from "../service/host/hostProcess";
import { kinds, type LoadRecord, type StartedInstance } from "./loadRecord";

interface Final {
  readonly runtimeStatus: string;
  readonly output: unknown;
  readonly historyEvents: readonly Readonly<Record<string, unknown>>[];
}

const pollMs = 100;

/** Closes the mailboxes, waits while instances still end, and judges each. `patienceMs`: how long none may end. */
export async function checkInstances(
  host: HostProcess,
  record: LoadRecord,
  patienceMs: number,
): Promise<string[]> {
  const violations: string[] = [];
  let left: readonly StartedInstance[] = record.instances;
  for (const { id } of left.filter(({ kind }) => kinds[kind].does === "mail")) await close(host, id);
  let progressAt = performance.now();
  while (left.length > 0 && performance.now() - progressAt < patienceMs) {
    const running: StartedInstance[] = [];
    for (const one of left) {
      const final = await read(host, one.id);
      if (final !== undefined && isRunning(final)) running.push(one);
      else violations.push(...(await judge(host, one, final)));
    }
    if (running.length < left.length) progressAt = performance.now();
    left = running;
    if (left.length > 0) await delay(pollMs);
  }
  return [...violations, ...left.map(({ id }) => `${id} never ended`)];
}

const isRunning = ({ runtimeStatus }: Final): boolean => ["Pending", "Running"].includes(runtimeStatus);

async function close(host: HostProcess, id: string): Promise<void> {
  await host.durable("POST", `instances/${id}/raiseEvent/item`, -1);
}

async function read(host: HostProcess, id: string): Promise<Final | undefined> {
  const query = "showInput=false&showHistory=true&showHistoryOutput=true";
  const answer = await host.durable("GET", `instances/${encodeURIComponent(id)}?${query}`);
  return answer.status === 404 ? undefined : ((await answer.json()) as Final);
}

async function judge(host: HostProcess, one: StartedInstance, final: Final | undefined): Promise<string[]> {
  const { id, kind, isAccepted } = one;
  if (final === undefined) return isAccepted ? [`${id} was accepted and is lost`] : [];
  if (final.runtimeStatus !== "Completed")
    return [`${id} ended ${final.runtimeStatus}: ${JSON.stringify(final.output)}`];
  const problems =
    kinds[kind].does === "mail" ? judgeMail(one, final.output) : judgeOutput(one, final.output);
  const counted = kind === "family" ? await judgeChildren(host, one, final) : judgeTasks(one, final);
  return [...problems, ...counted].map((problem) => `${id}: ${problem}`);
}

function judgeOutput({ kind, length }: StartedInstance, output: unknown): string[] {
  const keys = Array.from({ length }, (_, key) => key);
  const expected = kind === "family" ? keys.map(() => [0, 1]) : keys;
  const [got, wanted] = [JSON.stringify(output), JSON.stringify(expected)];
  return got === wanted ? [] : [`answered ${got} instead of ${wanted}`];
}

export function judgeMail({ mail }: Pick<StartedInstance, "mail">, output: unknown): string[] {
  const got = output as readonly number[];
  const lost = mail.filter(({ value, isAccepted }) => isAccepted && !got.includes(value));
  const isInOrder = got.every((value, at) => at === 0 || got[at - 1]! < value);
  return [
    ...lost.map(({ value }) => `the acknowledged event ${value} is lost`),
    ...(isInOrder ? [] : [`events came twice or in another order: ${got.join(" ")}`]),
  ];
}

function count(final: Final, type: string): number {
  return final.historyEvents.filter((event) => event["EventType"] === type).length;
}

/** Of a kind that continues as new, only the last generation has a history. */
function judgeTasks({ kind, length }: StartedInstance, final: Final): string[] {
  if (kinds[kind].does === "mail") return [];
  const expected = kind === "generations" ? 1 : length;
  const completed = count(final, "TaskCompleted");
  return completed === expected ? [] : [`its history has ${completed} completions instead of ${expected}`];
}

async function judgeChildren(host: HostProcess, one: StartedInstance, final: Final): Promise<string[]> {
  const completed = count(final, "SubOrchestrationInstanceCompleted");
  const wrong = completed === one.length ? [] : [`${one.length} children, ${completed} completions`];
  for (let n = 0; n < one.length; n++) {
    const child = await read(host, `${one.id}.${n}`);
    if (child?.runtimeStatus !== "Completed") wrong.push(`child ${n} is ${child?.runtimeStatus ?? "lost"}`);
    else wrong.push(...judgeTasks({ ...one, kind: "chain", length: 2 }, child));
  }
  return wrong;
}
