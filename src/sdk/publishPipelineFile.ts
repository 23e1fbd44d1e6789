/**
 * Publishes a pipeline that a person wrote as a file, the way v1's client does: snapshots, then modules and data
 * sources that the service does not have yet, then the graph that names them.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { uploadedGraph, uploadedInterface } from "../contract/graph";
import { createdDataSource, dataSourceCreation } from "../contract/graphDataSource";
import { createdModule, foundModule, moduleCreation } from "../contract/graphModule";
import {
  definitionOfAuthored,
  parseAuthoredPipeline,
  sourceDirectoriesOf,
  type AuthoredPipeline,
} from "../model/authoredPipeline";
import { graphFromDefinition, withEntityIds } from "../model/graphFromDefinition";
import type { Problem } from "../model/problem";
import type { UploadedPipeline } from "../model/uploadedPipeline";
import { gitProperties } from "./gitProperties";
import { PublishedPipeline } from "./publishedPipeline";
import { takeSnapshot } from "./snapshot";
import type { Workspace } from "./workspace";

/** The file is not a pipeline; every problem names its place in the file. */
export class PipelineFileError extends Error {
  override readonly name = "PipelineFileError";

  constructor(
    file: string,
    readonly problems: readonly Problem[],
  ) {
    const places = problems.map(({ field, expected, received }) => `${field}: ${expected}, not ${received}`);
    super(`${file} is not a pipeline: ${places.join("; ")}.`);
  }
}

export async function publishPipelineFile(workspace: Workspace, file: string): Promise<PublishedPipeline> {
  const authored = await readPipelineFile(file);
  const snapshots = await uploadSources(workspace, authored, dirname(file));
  const definition = definitionOfAuthored(authored, (folder) => entryOf(snapshots, folder).id);
  const contents = new Map([...snapshots.values()].map(({ id, content }) => [id, content]));
  const uploaded = graphFromDefinition(definition, { sha256, contentOf: (id) => entryOf(contents, id) });
  const graph = await uploadEntities(workspace, uploaded);
  return PublishedPipeline.create(workspace, {
    name: authored.name,
    description: authored.description,
    version: authored.version,
    graph: uploadedGraph.encode(graph),
    graphInterface: uploadedInterface.encode(uploaded.graphInterface),
    dataSetAssignments: {},
    continueOnStepFailure: authored.continueOnStepFailure,
    properties: await gitProperties(dirname(file)),
  });
}

async function readPipelineFile(file: string): Promise<AuthoredPipeline> {
  const parsed = parseAuthoredPipeline(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.ok) throw new PipelineFileError(file, parsed.problems);
  return parsed.value;
}

interface UploadedSource {
  readonly id: string;
  readonly content: string;
}

async function uploadSources(
  workspace: Workspace,
  authored: AuthoredPipeline,
  folder: string,
): Promise<ReadonlyMap<string, UploadedSource>> {
  const upload = async (directory: string): Promise<readonly [string, UploadedSource]> => {
    const { id, contentHash } = await takeSnapshot(workspace, join(folder, directory));
    return [directory, { id, content: contentHash }];
  };
  return new Map(await Promise.all(sourceDirectoriesOf(authored).map(upload)));
}

/** Puts the ids that the service gave into the graph. */
async function uploadEntities(
  workspace: Workspace,
  uploaded: UploadedPipeline,
): Promise<UploadedPipeline["graph"]> {
  const { client, routes } = workspace;
  const moduleIds = await idsOf(uploaded.modules, async (module) => {
    const found = await client.find(routes.moduleByHash(module.fingerprint), foundModule);
    return found?.data ?? client.post(routes.modules, moduleCreation.encode(module), createdModule);
  });
  const dataSourceIds = await idsOf(uploaded.dataSources, async (source) => {
    const found = await client.find(routes.dataSourceByHash(source.fingerprint), createdDataSource);
    return found ?? client.post(routes.dataSources, dataSourceCreation.encode(source), createdDataSource);
  });
  return withEntityIds(uploaded.graph, moduleIds, dataSourceIds);
}

async function idsOf<T>(
  entities: ReadonlyMap<string, T>,
  ensure: (entity: T) => Promise<{ readonly id: string }>,
): Promise<ReadonlyMap<string, string>> {
  const pairs = [...entities].map(async ([key, entity]) => [key, (await ensure(entity)).id] as const);
  return new Map(await Promise.all(pairs));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function entryOf<T>(map: ReadonlyMap<string, T>, key: string): T {
  const entry = map.get(key);
  if (entry === undefined) throw new Error(`Nothing was uploaded for ${key}.`);
  return entry;
}
