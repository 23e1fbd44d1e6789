/** Datasets. The routes are additions of Sluice; see the contract. */
import {
  delimitedText,
  registeredDataset,
  registeredDatasetList,
  savedDataset,
  type DatasetBody,
  type datasetRegistration,
  type datasetStates,
  type RegisteredDatasetEntity,
} from "../../contract/datasetEntity";
import { decode, type ValueOf } from "../../contract/wireType";
import type { DatasetPage, DatasetState, RegisteredDataset } from "../../data/datasets";
import type { DatasetDefinition } from "../../model/datasetDefinition";
import { done, json, refuse, type Answer } from "../answer";
import { pageSize } from "../query";
import { refuseProblems } from "../refuseProblems";
import type { Call } from "../route";

export async function saveDataset({ rooms, body }: Call<DatasetBody>): Promise<Answer> {
  const outcome = await rooms.datasets.save(definitionOf(body));
  if (outcome.status === "refused") return refuseProblems(outcome.problems);
  return json(
    savedDataset.encode({ id: outcome.dataset.id, definition: bodyOf(outcome.dataset.definition) }),
  );
}

export async function getSavedDataset({ rooms, param }: Call): Promise<Answer> {
  const found = await rooms.datasets.find(param("id"));
  if (found === undefined) return noDataset(`with the definition ${param("id")}`);
  return json(savedDataset.encode({ id: found.id, definition: bodyOf(found.definition) }));
}

export async function registerDataset({
  rooms,
  body,
}: Call<ValueOf<typeof datasetRegistration>>): Promise<Answer> {
  const outcome = await rooms.datasets.register({ ...body, definition: definitionOf(body.definition) });
  if (outcome.status === "refused") return refuseProblems(outcome.problems);
  return json(registeredDataset.encode(entityOf(outcome.dataset)));
}

export async function getDatasetByName(call: Call): Promise<Answer> {
  const name = call.query("name") ?? "";
  const found = await call.rooms.datasets.findByName(name, versionOf(call));
  return found === undefined
    ? noDataset(`of the name ${JSON.stringify(name)} and that version`)
    : json(registeredDataset.encode(entityOf(found)));
}

export async function getDatasetById(call: Call): Promise<Answer> {
  const found = await call.rooms.datasets.findByDatasetId(call.param("id"), versionOf(call));
  return found === undefined
    ? noDataset(`${call.param("id")} of that version`)
    : json(registeredDataset.encode(entityOf(found)));
}

export async function listDatasets(call: Call): Promise<Answer> {
  const page = await call.rooms.datasets.list(pageSize(call, "top", 100), call.query("continuationToken"));
  return pageAnswer(page);
}

export async function listDatasetVersions(call: Call): Promise<Answer> {
  const { datasets } = call.rooms;
  const latest = await datasets.findByDatasetId(call.param("id"), null);
  if (latest === undefined) return noDataset(call.param("id"));
  const top = pageSize(call, "top", 100);
  return pageAnswer(await datasets.versions(latest.name, top, call.query("continuationToken")));
}

export async function setDatasetState({
  rooms,
  param,
  body,
}: Call<(typeof datasetStates)[number]>): Promise<Answer> {
  const found = await rooms.datasets.findByDatasetId(param("id"), null);
  if (found === undefined) return noDataset(param("id"));
  await rooms.datasets.setState(found.name, states[body]);
  return done;
}

const states: Readonly<Record<(typeof datasetStates)[number], DatasetState>> = {
  Active: "active",
  Deprecated: "deprecated",
  Archived: "archived",
};
const stateWords = { active: "Active", deprecated: "Deprecated", archived: "Archived" } as const;

function pageAnswer({ items, continuationToken }: DatasetPage): Answer {
  return json(registeredDatasetList.encode({ value: items.map(entityOf), continuationToken }));
}

/** Null = the latest, which is also what v1's word for it says. */
function versionOf(call: Call): number | null {
  const version = call.query("version");
  return version === null || version === "latest" ? null : Number(version);
}

function entityOf({ id, state, definition, ...rest }: RegisteredDataset): RegisteredDatasetEntity {
  return { ...rest, savedId: id, state: stateWords[state], definition: bodyOf(definition) };
}

function definitionOf({ kind, paths, partitionFormat, delimited }: DatasetBody): DatasetDefinition {
  if (kind === "file") return { kind, paths, partitionFormat };
  return { kind, paths, partitionFormat, ...(delimited ?? usualText) };
}

function bodyOf(definition: DatasetDefinition): DatasetBody {
  const { kind, paths, partitionFormat } = definition;
  return { kind, paths, partitionFormat, delimited: definition.kind === "tabular" ? definition : null };
}

const usualText = textOf({});

function textOf(body: unknown): ValueOf<typeof delimitedText> {
  const decoded = decode(delimitedText, body);
  if (!decoded.ok) throw new Error("Delimited text has no usual form");
  return decoded.value;
}

const noDataset = (which: string): Answer => refuse("DatasetNotFound", `There is no dataset ${which}.`);
