/** Files of step runs. Reading goes past the API, by short-lived URLs. Source: spec azureml-v1-wire.md §3.4. */
import {
  artifactContent,
  artifactContentList,
  artifactList,
  type ArtifactContent,
} from "../../contract/artifacts";
import { json, refuse, type Answer } from "../answer";
import type { ApiRooms } from "../apiRooms";
import type { Call } from "../route";
import { isRun } from "./runLookup";

const origin = "ExperimentRun";
const containerOf = (runId: string): string => `dcid.${runId}`;

/** A pipeline run keeps no files itself: its list is empty. */
export async function listArtifacts({ rooms, param }: Call): Promise<Answer> {
  const runId = param("runId");
  const artifacts = await rooms.runs.artifacts(runId);
  if (artifacts.length === 0 && !(await isRun(rooms, runId))) return noRun(runId);
  const container = containerOf(runId);
  const value = artifacts.map(({ path }) => ({
    artifactId: `${origin}/${container}/${path}`,
    origin,
    container,
    path,
  }));
  return json(artifactList.encode({ value, continuationToken: null }));
}

export async function getArtifactContent({ rooms, param }: Call): Promise<Answer> {
  const content = await contentOf(rooms, param("runId"), param("path"));
  if (content !== undefined) return json(artifactContent.encode(content));
  if (!(await isRun(rooms, param("runId")))) return noRun(param("runId"));
  return refuse("ArtifactNotFound", "The run has no file of that path.");
}

export async function listArtifactContents({ rooms, param }: Call): Promise<Answer> {
  const runId = param("runId");
  const artifacts = await rooms.runs.artifacts(runId);
  if (artifacts.length === 0 && !(await isRun(rooms, runId))) return noRun(runId);
  const wanted = artifacts.filter(({ path }) => path.startsWith(param("path")));
  const contents = await Promise.all(wanted.map(({ path }) => contentOf(rooms, runId, path)));
  const value = contents.filter((content) => content !== undefined);
  return json(artifactContentList.encode({ value, continuationToken: null }));
}

async function contentOf(
  { runs }: ApiRooms,
  runId: string,
  path: string,
): Promise<ArtifactContent | undefined> {
  const contentUri = await runs.artifactUrl(runId, path);
  return contentUri === undefined ? undefined : { contentUri, origin, container: containerOf(runId), path };
}

const noRun = (id: string): Answer => refuse("RunNotFound", `There is no run ${id}.`);
