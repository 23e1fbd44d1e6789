/** One run of the harness: load and kills until the number is reached, then a quiet end and the judgement. */
import { setTimeout as delay } from "node:timers/promises";
import { checkInstances } from "./checkInstances";
import { checkJournal } from "./checkJournal";
import { checkStorage, committedWrites } from "./checkStorage";
import { raiseOne, seeOne, startOne } from "./durableLoad";
import { KillableHost, type Access } from "./killableHost";
import { emptyRecord, type LoadRecord } from "./loadRecord";
import type { SeededDice } from "./seededDice";
import { writeBlob, writeRow } from "./storageLoad";

export interface CrashRunOptions {
  readonly dice: SeededDice;
  readonly kills: number;
  /** Scratch folder, empty. */
  readonly folder: string;
  readonly dist: string;
  /** How long the end may stand still before what is left counts as lost. */
  readonly patienceMs: number;
  readonly onKill: (progress: CrashFigures) => void;
}

export interface CrashFigures {
  readonly hostKills: number;
  readonly recoveryKills: number;
  readonly workerKills: number;
  readonly orchestrations: number;
  readonly externalEvents: number;
  readonly completionsSeen: number;
  readonly rows: number;
  readonly blobWrites: number;
}

export interface CrashReport {
  readonly figures: CrashFigures & {
    readonly activities: number;
    readonly reruns: number;
    readonly blobEvents: number;
  };
  readonly violations: readonly string[];
}

const longestPauseMs = 12;
/** A host lives for a number of operations, so that a slow machine does as much between two kills as a fast one. */
const mostOperations = 200;
const longestLifeMs = 2_000;
const longestRecoveryMs = 500;
/** An answer that takes this long on a living host is a hang and a violation. */
const hungAfterMs = 30_000;

export async function crashRun(options: CrashRunOptions): Promise<CrashReport> {
  const host = new KillableHost(options);
  try {
    return await run(host, options);
  } finally {
    await host.stop();
  }
}

async function run(host: KillableHost, options: CrashRunOptions): Promise<CrashReport> {
  const record = emptyRecord();
  const loading = new AbortController();
  await prepare(host);
  let done = 0;
  const load = startLoad(host, record, options.dice, loading.signal, () => (done += 1));
  const killed = { hostKills: 0, recoveryKills: 0, workerKills: 0 };
  for (let kill = 1; kill <= options.kills; kill++) {
    const [until, dieAt] = [done + options.dice.below(mostOperations), performance.now() + longestLifeMs];
    while (done < until && performance.now() < dieAt) await delay(options.dice.between(0, 10));
    killed[await killOnce(host, options.dice, kill === options.kills)] += 1;
    options.onKill({ ...killed, ...acknowledged(record) });
  }
  loading.abort();
  await Promise.all(load);
  return judge(host, record, killed, options.patienceMs);
}

/** Until the app's subscription is known, a blob raises no event. */
async function prepare(host: KillableHost): Promise<void> {
  const { table, container } = await host.access;
  await table.createTable();
  await container.create();
  for (let n = 0; !host.journal().some((line) => line.includes(" event ")); n++) {
    await container.getBlockBlobClient(`first-${n}`).upload("x", 1);
    await delay(20);
  }
  for await (const { name } of container.listBlobsFlat()) await container.deleteBlob(name);
}

/** The last kill takes the host, so that what the harness waits for begins anew at once. */
async function killOnce(
  host: KillableHost,
  dice: SeededDice,
  isLast: boolean,
): Promise<"hostKills" | "recoveryKills" | "workerKills"> {
  const side = isLast ? 0 : dice.below(10);
  const recoveryMs = dice.between(0, longestRecoveryMs);
  if (side >= 7 && (await host.killWorker())) return "workerKills";
  const inRecovery = side === 5 || side === 6;
  await host.killHost(inRecovery ? recoveryMs : null);
  return inRecovery ? "recoveryKills" : "hostKills";
}

type Operation = (access: Access, record: LoadRecord, dice: SeededDice) => Promise<void>;

function startLoad(
  host: KillableHost,
  record: LoadRecord,
  dice: SeededDice,
  stop: AbortSignal,
  onDone: () => void,
): Promise<void>[] {
  const see: Operation = (access) => seeOne(access, record, dice, () => host.journalSize());
  const operations: readonly Operation[] = [startOne, startOne, raiseOne, see, writeRow, writeBlob];
  return operations.map((operation) => keepDoing(host, operation, record, dice.fork(), stop, onDone));
}

/** One operation after another; one that fails was cut short by a kill, and its record says that it is open. */
async function keepDoing(
  host: KillableHost,
  operation: Operation,
  record: LoadRecord,
  dice: SeededDice,
  stop: AbortSignal,
  onDone: () => void,
): Promise<void> {
  while (!stop.aborted) {
    const access = await host.access;
    const cut = access.host.ended.then(() => "cut" as const);
    const done = operation(access, record, dice).then(
      () => "done" as const,
      (error: unknown) => noteRefused(record, error),
    );
    const hung = delay(hungAfterMs, "hung" as const, { ref: false });
    const end = await Promise.race([done, cut, hung]);
    if (end === "done") onDone();
    if (end === "hung") record.refusals.push(`${operation.name} had no answer for ${hungAfterMs} ms`);
    await delay(dice.between(0, longestPauseMs));
  }
}

function noteRefused(record: LoadRecord, error: unknown): "refused" {
  const { statusCode } = error as { readonly statusCode?: number };
  if (statusCode !== undefined) record.refusals.push(String(error));
  return "refused";
}

function acknowledged(record: LoadRecord): Omit<CrashFigures, "hostKills" | "recoveryKills" | "workerKills"> {
  const { instances, seen, rows, batches, blobWrites } = record;
  return {
    orchestrations: instances.filter(({ isAccepted }) => isAccepted).length,
    externalEvents: instances.flatMap(({ mail }) => mail).filter(({ isAccepted }) => isAccepted).length,
    completionsSeen: new Set(seen.map(({ id, key }) => `${id} ${key}`)).size,
    rows: rows.size + batches.size,
    blobWrites: blobWrites.size,
  };
}

async function judge(
  host: KillableHost,
  record: LoadRecord,
  killed: Pick<CrashFigures, "hostKills" | "recoveryKills" | "workerKills">,
  patienceMs: number,
): Promise<CrashReport> {
  const access = await host.access;
  const figures = { ...killed, ...acknowledged(record) };
  const instances = await checkInstances(access.host, record, patienceMs);
  const stored = await checkStorage(access, record);
  for (const write of await committedWrites(access)) record.blobWrites.add(write);
  const journal = await untilEventsCame(host, record, patienceMs);
  return {
    figures: { ...figures, activities: journal.begun, reruns: journal.reruns, blobEvents: journal.events },
    violations: [...record.refusals, ...instances, ...stored, ...journal.violations],
  };
}

/** Events may still be under way when everything else has ended. */
async function untilEventsCame(
  host: KillableHost,
  record: LoadRecord,
  patienceMs: number,
): Promise<ReturnType<typeof checkJournal>> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const findings = checkJournal(host.journal(), record);
    if (findings.violations.length === 0 || performance.now() > giveUpAt) return findings;
    await delay(100);
  }
}
