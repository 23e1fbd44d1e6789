/**
 * Datasets in table `Datasets` (`datasetRow.ts`) over definitions in the system container.
 *
 * Invariants:
 * 1. A definition is written before anything names it, and never changes.
 * 2. A version and the head that counts it appear in one transaction; two registrations at once get two numbers.
 * 3. The rows that find a name by id or age are written first: one whose head is missing is passed over.
 */
import { odata, type TableClient, type TableEntity, type TransactionAction } from "@azure/data-tables";
import { datasetProblems, type DatasetDefinition } from "../model/datasetDefinition";
import { inParallel } from "../model/inParallel";
import type { Problem } from "../model/problem";
import { nameBasedId } from "../workspace/ids";
import { readJsonBlob, writeJsonBlob } from "../workspace/jsonBlob";
import { newestFirst } from "../workspace/newestFirst";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import {
  byAge,
  byId,
  decodeHead,
  decodeVersion,
  encodeHead,
  encodeVersion,
  headKey,
  namePartition,
  versionKey,
  type DatasetHead,
  type DatasetVersion,
} from "./datasetRow";
import type {
  DatasetPage,
  DatasetRegistration,
  DatasetResolution,
  Datasets,
  RegisterDatasetOutcome,
  RegisteredDataset,
  SavedDataset,
} from "./datasets";
import { rememberFound } from "./rememberFound";

/** Namespace of ids that are made of definitions. */
const namespace = "5d8b3f0e-1c8b-4f0e-9a1e-2f6f0c7f5b11";
const mostRemembered = 1_000;
/** How often a registration is tried against others of the same name. */
const mostTries = 5;

interface Parts {
  readonly workspace: Workspace;
  readonly find: (id: string) => Promise<SavedDataset | undefined>;
}

export function createDatasets({ workspace }: { readonly workspace: Workspace }): Datasets {
  const find = rememberFound(mostRemembered, async (id): Promise<SavedDataset | undefined> => {
    if (!/^[A-Za-z0-9-]{1,64}$/.test(id)) return undefined;
    const document = await readJsonBlob(workspace, `datasets/${id}.json`);
    // Written by `save` from a checked definition, so it is trusted here.
    return document === undefined ? undefined : { id, definition: document as DatasetDefinition };
  });
  const parts = { workspace, find };
  const findByName: Datasets["findByName"] = async (name, version) => {
    const head = await readHead(parts, name);
    return head && findVersion(parts, head, version ?? head.latestVersion);
  };
  const findByDatasetId: Datasets["findByDatasetId"] = async (datasetId, version) => {
    const name = await readName(parts, datasetId);
    return name === undefined ? undefined : findByName(name, version);
  };
  return {
    find,
    findByName,
    findByDatasetId,
    save: (definition) => save(workspace, definition),
    register: (registration) => register(parts, registration),
    list: (top, token) => list(parts, top, token),
    versions: (name, top, token) => versions(parts, name, top, token),

    async setState(name, state) {
      const table = await workspace.table("Datasets");
      try {
        await table.updateEntity({ partitionKey: namePartition(name), rowKey: headKey, state }, "Merge");
        return "set";
      } catch (error) {
        if (isNotFound(error)) return "not-found";
        throw error;
      }
    },

    async resolve(reference) {
      if (reference.kind === "saved") return resolutionOf(await find(reference.datasetId), "active");
      const { version: word } = reference;
      const version = word === null || word === "latest" ? null : Number(word);
      const found =
        reference.kind === "named"
          ? await findByName(reference.name, version)
          : await findByDatasetId(reference.datasetId, version);
      return resolutionOf(found, found?.state ?? "active");
    },
  };
}

function resolutionOf(found: SavedDataset | undefined, state: RegisteredDataset["state"]): DatasetResolution {
  if (found === undefined) return { status: "unknown" };
  if (state === "archived") return { status: "archived" };
  const { kind, paths } = found.definition;
  return { status: "resolved", datasetId: found.id, kind, paths, state };
}

async function save(workspace: Workspace, definition: DatasetDefinition): ReturnType<Datasets["save"]> {
  const problems = datasetProblems(definition);
  if (problems.length > 0) return { status: "refused", problems };
  const id = nameBasedId(namespace, canonicalText(definition));
  await writeJsonBlob(workspace, `datasets/${id}.json`, definition);
  return { status: "saved", dataset: { id, definition } };
}

/** The same for equal values, whatever the order of their keys. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

async function register(parts: Parts, registration: DatasetRegistration): Promise<RegisterDatasetOutcome> {
  const { name, description, tags, definition, createNewVersion } = registration;
  const problems = registrationProblems(registration);
  const saved = await save(parts.workspace, definition);
  if (saved.status === "refused" || problems.length > 0) {
    return {
      status: "refused",
      problems: [...problems, ...(saved.status === "refused" ? saved.problems : [])],
    };
  }
  const savedId = saved.dataset.id;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const head = await readHead(parts, name);
    const latest = head && (await findVersion(parts, head, head.latestVersion));
    if (latest?.id === savedId) return { status: "registered", dataset: latest };
    if (head !== undefined && !createNewVersion) return { status: "refused", problems: [taken(name)] };
    const createdAt = parts.workspace.clock.now().toISOString();
    const version = { version: (head?.latestVersion ?? 0) + 1, savedId, description, tags, createdAt };
    const written = await writeVersion(parts, name, head, version);
    if (written !== undefined)
      return { status: "registered", dataset: registered(saved.dataset, written, version) };
  }
  const expected = "a name that no other registration changes at the same time";
  return {
    status: "refused",
    problems: [{ code: "ChangedMeanwhile", field: "name", expected, received: name }],
  };
}

function registrationProblems({ name, description, tags }: DatasetRegistration): readonly Problem[] {
  const problems: Problem[] = [];
  if (name.trim() === "" || name.length > 255) {
    const expected = "a name of 1 to 255 characters";
    problems.push({
      code: "InvalidDataset",
      field: "name",
      expected,
      received: name.slice(0, 80) || "nothing",
    });
  }
  if (description.length + JSON.stringify(tags).length > 30_000) {
    const expected = "description and tags of at most 30,000 characters";
    problems.push({ code: "InvalidDataset", field: "description", expected, received: "more" });
  }
  return problems;
}

/** The head as it is now, or undefined when another registration came first. */
async function writeVersion(
  { workspace }: Parts,
  name: string,
  head: DatasetHead | undefined,
  version: DatasetVersion,
): Promise<Omit<DatasetHead, "etag"> | undefined> {
  const table = await workspace.table("Datasets");
  const datasetId = head?.datasetId ?? workspace.ids.newId();
  const next = { datasetId, name, state: head?.state ?? "active", latestVersion: version.version } as const;
  if (head === undefined) await writePointers(table, datasetId, name, version.createdAt);
  const row = encodeHead(next);
  const actions: TransactionAction[] = [
    head === undefined ? ["create", row] : ["update", row, "Replace", { etag: head.etag }],
    ["create", encodeVersion(name, version)],
  ];
  try {
    await table.submitTransaction(actions);
    return next;
  } catch (error) {
    if (isConflict(error) || isPreconditionFailed(error)) return undefined;
    throw error;
  }
}

async function writePointers(table: TableClient, datasetId: string, name: string, at: string): Promise<void> {
  await table.upsertEntity({ partitionKey: byId, rowKey: datasetId, name }, "Replace");
  const rowKey = `${newestFirst(at)}:${datasetId}`;
  await table.upsertEntity({ partitionKey: byAge, rowKey, name, datasetId }, "Replace");
}

async function readHead({ workspace }: Parts, name: string): Promise<DatasetHead | undefined> {
  const row = await readRow(await workspace.table("Datasets"), namePartition(name), headKey);
  return row === undefined ? undefined : decodeHead(row);
}

async function readName({ workspace }: Parts, datasetId: string): Promise<string | undefined> {
  if (!/^[A-Za-z0-9-]{1,64}$/.test(datasetId)) return undefined;
  const row = await readRow(await workspace.table("Datasets"), byId, datasetId);
  return row === undefined ? undefined : String(row["name"]);
}

async function findVersion(
  parts: Parts,
  head: DatasetHead,
  version: number,
): Promise<RegisteredDataset | undefined> {
  if (!Number.isSafeInteger(version) || version < 1) return undefined;
  const table = await parts.workspace.table("Datasets");
  const row = await readRow(table, namePartition(head.name), versionKey(version));
  return row === undefined ? undefined : withDefinition(parts, head, decodeVersion(row));
}

async function withDefinition(
  { find }: Parts,
  head: Omit<DatasetHead, "etag">,
  version: DatasetVersion,
): Promise<RegisteredDataset> {
  const saved = await find(version.savedId);
  if (saved === undefined) throw new Error(`The definition of dataset ${head.name} is not there`);
  return registered(saved, head, version);
}

function registered(
  saved: SavedDataset,
  { datasetId, name, state }: Omit<DatasetHead, "etag">,
  { version, description, tags, createdAt }: DatasetVersion,
): RegisteredDataset {
  return { ...saved, datasetId, name, state, version, description, tags, createdAt };
}

async function list(parts: Parts, top: number, token: string | null): Promise<DatasetPage> {
  const { rows, continuationToken } = await readPage(parts, byAge, "", top, token);
  const found = await inParallel(rows, async (row) => {
    const head = await readHead(parts, String(row["name"]));
    if (head === undefined || head.datasetId !== row["datasetId"]) return undefined;
    return findVersion(parts, head, head.latestVersion);
  });
  return { items: found.filter((each) => each !== undefined), continuationToken };
}

async function versions(parts: Parts, name: string, top: number, token: string | null): Promise<DatasetPage> {
  const head = await readHead(parts, name);
  if (head === undefined) return { items: [], continuationToken: null };
  const { rows, continuationToken } = await readPage(parts, namePartition(name), "v:", top, token);
  const items = await inParallel(rows, (row) => withDefinition(parts, head, decodeVersion(row)));
  return { items, continuationToken };
}

/** Rows of one partition in key order after the token, which is the last row key that was told. */
async function readPage(
  { workspace }: Parts,
  partitionKey: string,
  firstKey: string,
  top: number,
  token: string | null,
): Promise<{
  readonly rows: readonly TableEntity[];
  readonly continuationToken: string | null;
}> {
  // A token that nobody gave must not lead to rows of another kind.
  const after = token !== null && token > firstKey ? token : firstKey;
  const filter = odata`PartitionKey eq ${partitionKey} and RowKey gt ${after}`;
  const rows: TableEntity[] = [];
  const table = await workspace.table("Datasets");
  for await (const row of table.listEntities({ queryOptions: { filter } })) {
    rows.push(row as TableEntity);
    if (rows.length > top) break;
  }
  const told = rows.slice(0, top);
  return { rows: told, continuationToken: rows.length > top ? (told.at(-1)?.rowKey ?? null) : null };
}

async function readRow(
  table: TableClient,
  partitionKey: string,
  rowKey: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return await table.getEntity(partitionKey, rowKey);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function taken(name: string): Problem {
  const expected = "a name that is free, or to create a new version";
  return { code: "DatasetExists", field: "name", expected, received: name.slice(0, 80) };
}
