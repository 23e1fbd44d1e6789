/**
 * What a clock reading or a blob event would do to a schedule, by the path that it would really take.
 *
 * Invariants:
 * 1. Nothing is written and nothing is started: every store that the path writes to is played in memory.
 * 2. What is there already counts: a run that exists is not started again.
 */
import type { Clock } from "../workspace/clock";
import type { Runs, RunSubmission, SubmitOutcome } from "../runs/runs";
import type { BlobJournalStore } from "./blobJournalStore";
import { checkSchedule, type CheckParts } from "./checkSchedule";
import { fireDue, type DueParts } from "./fireDue";
import { followBlobEvent } from "./followBlobEvents";
import type { ScheduleEngine, ScheduleEvent, Schedule, Stimulus } from "./schedules";
import type { ScheduleStore, StoredSchedule } from "./scheduleStore";

const noEngine: ScheduleEngine = {
  startRun: () => Promise.resolve(),
  startStep: () => Promise.resolve(),
  startTick: () => Promise.resolve(),
  wake: () => Promise.resolve(),
  isUnderWay: () => Promise.resolve(false),
};

export async function simulateSchedule(
  parts: CheckParts & DueParts,
  id: string,
  stimulus: Stimulus,
): Promise<readonly ScheduleEvent[] | undefined> {
  const stored = await parts.store.read(id);
  if (stored === undefined) return undefined;
  const now = stimulus.kind === "clock" ? stimulus.at : parts.workspace.clock.now();
  const recorded: ScheduleEvent[] = [];
  const played: DueParts = {
    ...parts,
    workspace: { ...parts.workspace, clock: fixedClock(now), log: { write: () => undefined } },
    store: playedStore(parts.store, stored),
    runs: playedRuns(parts, stored.schedule),
    events: {
      ...parts.events,
      record: (_id, event) => {
        recorded.push(event);
        return Promise.resolve();
      },
      prune: () => Promise.resolve(),
    },
    index: { ...parts.index, watchers: () => Promise.resolve([id]) },
    journal: playedJournal(recorded),
    baselines: { ...parts.baselines, write: () => Promise.resolve() },
  };
  if (stimulus.kind === "clock") await fireDue(played, id, now, noEngine, []);
  else await followBlobEvent(played, stimulus.event, noEngine);
  return recorded;
}

const fixedClock = (now: Date): Clock => ({ now: () => now });

/** One schedule, as it would become. */
function playedStore(store: ScheduleStore, stored: StoredSchedule): ScheduleStore {
  let current = stored;
  return {
    ...store,
    read: () => Promise.resolve(current),
    replace: (_before, after) => {
      current = { ...after, rowEtag: current.rowEtag };
      return Promise.resolve("done");
    },
  };
}

/** Submissions are checked as those of the schedule are, and those that would be accepted exist from then on. */
function playedRuns(parts: CheckParts & { readonly runs: Runs }, schedule: Schedule): Runs {
  const accepted = new Set<string>();
  const submit = async ({ runId }: RunSubmission): Promise<SubmitOutcome> => {
    if (accepted.has(runId) || (await parts.runs.find(runId)) !== undefined)
      return { status: "already-claimed", runId };
    const checked = await checkSchedule(parts, { ...schedule, status: "Active" });
    if (!checked.ok) return { status: "refused", problems: checked.problems };
    accepted.add(runId);
    return { status: "already-claimed", runId };
  };
  return { ...parts.runs, submit, cancel: () => Promise.resolve("accepted") };
}

/** Every event is new; what would be followed up later is told, not waited for. */
function playedJournal(recorded: ScheduleEvent[]): BlobJournalStore {
  const ignored = (at: string, path: string, etag: string, reason: string): void => {
    recorded.push({ kind: "ignored", at, firing: { kind: "blob", path, etag }, reason });
  };
  return {
    enter: (_source, change, receivedAt) =>
      Promise.resolve({
        status: "open",
        entry: { key: change.path, receivedAt, followUpAt: receivedAt, change },
      }),
    enterIgnored: (_eventId, subject, receivedAt, reason) => {
      ignored(receivedAt, typeof subject === "string" ? subject.slice(0, 2_000) : "", "", reason);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
    postpone: ({ receivedAt, change: { path, etag } }, followUpAt) => {
      ignored(receivedAt, path, etag, `it has to stay as it is until ${followUpAt} first`);
      return Promise.resolve();
    },
    prune: () => Promise.resolve(),
    openBefore: () => Promise.resolve([]),
  };
}
