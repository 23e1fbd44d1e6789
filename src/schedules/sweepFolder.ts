/**
 * The sweep of a watched folder: lists it, and feeds what push lost through the journal. Source: design decision 8,
 * spec azureml-v1.md §5.6.
 *
 * Invariants:
 * 1. What a sweep saw is remembered only after every change in it is in the journal.
 * 2. A change that push told of is in the journal already, and starts nothing again.
 */
import type { ContainerClient } from "@azure/storage-blob";
import type { BaselineStore } from "./baselineStore";
import { findFilterReason } from "./changeFilter";
import { normaliseEtag, type BlobChange, type StandingWatch } from "./changeRule";
import { compareListing, type ListedBlob } from "./compareListing";
import { blobCreatedType, findWatchers, followChange, type BlobEventParts } from "./followBlobEvents";
import { endOfSecond, filterOf } from "./reactToChange";
import type { ChangeFilter, Schedule, ScheduleEngine, Trouble } from "./schedules";
import { settleEach } from "./settleEach";
import { isNotFound } from "../workspace/storageErrors";
import { isoOf } from "./scheduleRow";

export interface SweepParts extends BlobEventParts {
  readonly baselines: BaselineStore;
}

const width = 16;

/** Why the folder could not be listed, as a trouble of the schedule; undefined when it was. Rejects when storage fails. */
export async function sweepFolder(
  parts: SweepParts,
  schedule: Schedule,
  watch: StandingWatch,
  now: Date,
  engine: ScheduleEngine,
  started: string[],
): Promise<Trouble | undefined> {
  const container = await openContainer(parts, schedule);
  const before = await parts.baselines.read(schedule.id, watch.token);
  const listed = container && (await listFolder(container, watch, filterOf(schedule)));
  if (listed === undefined) return noContainer(schedule, now);
  const { changed, metadataOnly, isDifferent } = compareListing(before?.blobs, listed, watch.since);
  const failures = [
    ...(await settleEach(changed, width, async (blob) => {
      started.push(...(await feed(parts, watch, blob, engine)));
    })),
    ...(await settleEach(metadataOnly, width, (blob) => tellMetadataOnly(parts, schedule, blob, now))),
  ];
  if (failures.length > 0)
    throw new AggregateError(failures, `${failures.length} changes could not be journaled`);
  if (isDifferent) await parts.baselines.write(schedule.id, watch.token, listed, before);
  return undefined;
}

async function openContainer(
  { datastores }: SweepParts,
  { trigger }: Schedule,
): Promise<ContainerClient | undefined> {
  if (trigger.kind !== "change") return undefined;
  const datastore = await datastores.find(trigger.rule.datastore);
  return datastore === undefined ? undefined : datastores.container(datastore.name);
}

function noContainer({ trigger }: Schedule, now: Date): Trouble {
  const received = trigger.kind === "change" ? trigger.rule.datastore : "";
  const problem = {
    code: "UnknownDatastore",
    field: "datastore",
    expected: "a datastore whose container exists",
    received,
  };
  return { at: now.toISOString(), problems: [problem] };
}

/** Undefined when the container is gone. */
async function listFolder(
  container: ContainerClient,
  { folder }: StandingWatch,
  filter: ChangeFilter,
): Promise<readonly ListedBlob[] | undefined> {
  const prefix = folder === "" ? "" : `${folder}/`;
  const items =
    filter.depth === 0
      ? container.listBlobsByHierarchy("/", { prefix })
      : container.listBlobsFlat({ prefix });
  const blobs: ListedBlob[] = [];
  try {
    for await (const item of items) {
      if ("kind" in item && item.kind === "prefix") continue;
      const { name, properties } = item;
      const size = properties.contentLength ?? 0;
      if (
        name.endsWith("/") ||
        findFilterReason(filter, { name: name.slice(prefix.length), size }) !== undefined
      )
        continue;
      blobs.push({
        path: name,
        etag: normaliseEtag(properties.etag),
        md5: Buffer.from(properties.contentMD5 ?? []).toString("base64"),
        size,
        createdAt: properties.createdOn?.getTime() ?? 0,
        modifiedAt: properties.lastModified.getTime(),
        blobType: properties.blobType ?? "",
      });
    }
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  return blobs;
}

async function feed(
  parts: SweepParts,
  { account, container }: StandingWatch,
  { path, etag, size, modifiedAt, blobType }: ListedBlob,
  engine: ScheduleEngine,
): Promise<readonly string[]> {
  const change: BlobChange = {
    eventType: blobCreatedType,
    api: "",
    account,
    container,
    path,
    etag,
    changedAt: endOfSecond(modifiedAt),
    blobType,
    size,
  };
  return followChange(parts, change, "sweep", await findWatchers(parts, change), engine);
}

async function tellMetadataOnly(
  { events }: SweepParts,
  { id }: Schedule,
  { path, etag, modifiedAt }: ListedBlob,
  now: Date,
): Promise<void> {
  const at = isoOf(Math.min(now.getTime(), modifiedAt));
  const firing = { kind: "blob", path, etag } as const;
  await events.record(id, { kind: "ignored", at, firing, reason: "only its metadata changed" });
}
