/** Orchestrations under the harness: starts, events and looks, each one operation of a client. */
import { kindNames, kinds, type LoadRecord, type StartedInstance } from "./loadRecord";
import type { Access } from "./killableHost";
import type { SeededDice } from "./seededDice";

/** How many of the last instances are still of interest to the load. */
const newest = 24;

/** Notes an answer that no kill explains; a lost worker is told with 500 or 503. */
export function noteRefusal(record: LoadRecord, what: string, status: number): void {
  if (status >= 300 && status < 500) record.refusals.push(`${what} was answered with ${status}`);
}

/** Starts an orchestration, half of them through the app's own HTTP function and durable client. */
export async function startOne({ host }: Access, record: LoadRecord, dice: SeededDice): Promise<void> {
  const kind = kindNames[dice.below(kindNames.length)]!;
  const id = `${kind}-${record.instances.length}`;
  const length = 1 + dice.below(6);
  const input = kinds[kind].does === "mail" ? {} : { length, ms: dice.below(40) };
  const started: StartedInstance = { id, kind, length, isAccepted: false, mail: [] };
  record.instances.push(started);
  const body = JSON.stringify(input);
  const { status } = dice.chance(0.5)
    ? await host.durable("POST", `orchestrators/${kind}/${id}`, input)
    : await host.fetch(`/api/start/${kind}/${id}`, { method: "POST", body });
  started.isAccepted = status >= 200 && status < 300;
  noteRefusal(record, `the start of ${id}`, status);
}

/** Raises the next number for one of the newest mailboxes. */
export async function raiseOne({ host }: Access, record: LoadRecord, dice: SeededDice): Promise<void> {
  const boxes = record.instances
    .slice(-newest)
    .filter(({ kind, isAccepted }) => isAccepted && kinds[kind].does === "mail");
  const box = boxes[dice.below(boxes.length)];
  if (box === undefined) return;
  const item = { value: box.mail.length, isAccepted: false };
  box.mail.push(item);
  const { status } = await host.durable("POST", `instances/${box.id}/raiseEvent/item`, item.value);
  item.isAccepted = status === 202;
  noteRefusal(record, `event ${item.value} for ${box.id}`, status);
}

/** Looks at the history of one of the newest instances and notes the completions that are committed. */
export async function seeOne(
  { host }: Access,
  record: LoadRecord,
  dice: SeededDice,
  journalSize: () => number,
): Promise<void> {
  const all = record.instances.slice(-newest).filter(({ kind }) => kinds[kind].does === "work");
  const one = all[dice.below(all.length)];
  if (one === undefined) return;
  const answer = await host.durable("GET", `instances/${one.id}?showHistory=true&showHistoryOutput=true`);
  if (!answer.ok) return;
  const { historyEvents = [] } = (await answer.json()) as {
    readonly historyEvents?: readonly Readonly<Record<string, unknown>>[];
  };
  const size = journalSize();
  for (const event of historyEvents) {
    if (event["EventType"] !== "TaskCompleted") continue;
    record.seen.push({ id: one.id, key: String(event["Result"]), journalSize: size });
  }
}
