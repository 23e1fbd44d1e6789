/** The schedules room, put together; see `schedules.ts` for what it promises. */
import type { Runs } from "../runs/runs";
import type { Workspace } from "../workspace/workspace";
import { addSchedule } from "./addSchedule";
import { openBlobJournalStore } from "./blobJournalStore";
import { openBaselineStore } from "./baselineStore";
import type { CheckParts } from "./checkSchedule";
import { followBlobEvent, followOpenEvents } from "./followBlobEvents";
import { pruneJournal } from "./keepJournal";
import { simulateSchedule } from "./simulateSchedule";
import { settleEach } from "./settleEach";
import { openScheduleEventStore } from "./scheduleEventStore";
import { openScheduleIndexStore } from "./scheduleIndexStore";
import type { Schedule, ScheduleFilter, Schedules } from "./schedules";
import { previewSchedule } from "./previewSchedule";
import { openScheduleStore, type ScheduleStore } from "./scheduleStore";
import { tickSchedules, tickSchedulesAt } from "./tickSchedules";
import { updateSchedule } from "./updateSchedule";

export interface SchedulesParts extends CheckParts {
  readonly workspace: Workspace;
  readonly runs: Runs;
}

const mostListed = 1_000;
const readsAtOnce = 32;

export function createSchedules(rooms: SchedulesParts): Schedules {
  const parts = {
    ...rooms,
    store: openScheduleStore(rooms),
    index: openScheduleIndexStore(rooms),
    events: openScheduleEventStore(rooms),
    journal: openBlobJournalStore(rooms),
    baselines: openBaselineStore(rooms),
  };
  return {
    create: (request, engine) => addSchedule(parts, request, engine),
    update: (id, request, engine, ifMatch) =>
      updateSchedule(parts, normaliseId(id), request, engine, ifMatch),
    find: async (id) => (await parts.store.read(normaliseId(id)))?.schedule,
    list: async (filter) => {
      const ids = await parts.index.listIds(lowerIds(filter), mostListed);
      return chosen(await readAll(parts.store, ids), filter);
    },
    events: (id, top, continuationToken) => parts.events.list(normaliseId(id), top, continuationToken),
    tick: (now, engine) =>
      each(tickSchedules(parts, now, engine), followOpenEvents(parts, now, engine), pruneJournal(parts, now)),
    tickAt: (dueAt, engine) => {
      // The clock of the timer may be a little ahead of this one.
      const now = Math.max(dueAt.getTime(), rooms.workspace.clock.now().getTime());
      return each(
        tickSchedulesAt(parts, new Date(now), engine),
        followOpenEvents(parts, new Date(now), engine),
      );
    },
    preview: async (id, after, count) => {
      const schedule = (await parts.store.read(normaliseId(id)))?.schedule;
      return schedule === undefined ? undefined : previewSchedule(schedule, after, count);
    },
    simulate: (id, stimulus) => simulateSchedule(parts, normaliseId(id), stimulus),
    blobChanged: (event, engine) => followBlobEvent(parts, event, engine),
  };
}

/** Ids are compared without case, as v1 does. */
const normaliseId = (id: string): string => id.toLowerCase();

function lowerIds(filter: ScheduleFilter): ScheduleFilter {
  switch (filter.kind) {
    case "all":
      return filter;
    case "pipeline":
      return { ...filter, pipelineId: normaliseId(filter.pipelineId) };
    case "endpoint":
      return { ...filter, endpointId: normaliseId(filter.endpointId) };
  }
}

async function readAll(store: ScheduleStore, ids: readonly string[]): Promise<readonly Schedule[]> {
  const found = new Map<string, Schedule>();
  const failures = await settleEach(ids, readsAtOnce, async (id) => {
    const stored = await store.read(id);
    if (stored !== undefined) found.set(id, stored.schedule);
  });
  if (failures.length > 0) throw failures[0];
  return ids.flatMap((id) => found.get(id) ?? []);
}

function chosen(schedules: readonly Schedule[], filter: ScheduleFilter): readonly Schedule[] {
  if (filter.kind !== "all" || !filter.activeOnly) return schedules;
  return schedules.filter((schedule) => schedule.status === "Active");
}

/** What push left open is taken up even when a schedule fails, and the other way round. */
async function each(...halves: readonly Promise<readonly string[]>[]): Promise<readonly string[]> {
  const results = await Promise.allSettled(halves);
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return results.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
}
