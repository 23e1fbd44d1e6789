/**
 * Publishes a pipeline that a person wrote as a file, the way v1's client does: snapshots, then modules and data
 * sources that the service does not have yet, then the graph that names them.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { uploadedGraph, uploadedInterface } from "../contract/graph";
import { createdDataSource, dataSourceCreation } from "../contract/graphDataSource";
import { createdModule, foundModule, moduleCreation } from "../contract/graphModule";
import { definitionOfAuthored, sourceDirectoriesOf, type AuthoredPipeline } from "../model/authoredPipeline";
import { graphFromDefinition, withEntityIds } from "../model/graphFromDefinition";
import type { UploadedPipeline } from "../model/uploadedPipeline";
import { gitProperties } from "./gitProperties";
import { PublishedPipeline } from "./publishedPipeline";
import { hashOfPaths } from "./hashPaths";
import { readPipelineFile, type PipelineOfFile } from "./readPipelineFile";
import { takeSnapshot } from "./snapshot";
import type { Workspace } from "./workspace";

/** Paths inside a YAML file are named from the working folder of the process, as v1 does. Throws as `readPipelineFile`. */
export async function publishPipelineFile(workspace: Workspace, file: string): Promise<PublishedPipeline> {
  return publishPipeline(workspace, await readPipelineFile(file, process.cwd()));
}

export async function publishPipeline(
  workspace: Workspace,
  { pipeline, folder }: PipelineOfFile,
): Promise<PublishedPipeline> {
  const snapshots = await uploadSources(workspace, pipeline, folder);
  const hashes = await hashPathsOf(pipeline, folder);
  const definition = definitionOfAuthored(pipeline, {
    snapshotOf: (directory) => entryOf(snapshots, directory).id,
    hashOf: (...paths) => entryOf(hashes, JSON.stringify(paths)),
  });
  const contents = new Map([...snapshots.values()].map(({ id, content }) => [id, content]));
  const uploaded = graphFromDefinition(definition, { sha256, contentOf: (id) => entryOf(contents, id) });
  const graph = await uploadEntities(workspace, uploaded);
  return PublishedPipeline.create(workspace, {
    name: pipeline.name,
    description: pipeline.description,
    version: pipeline.version,
    graph: uploadedGraph.encode(graph),
    graphInterface: uploadedInterface.encode(uploaded.graphInterface),
    dataSetAssignments: {},
    continueOnStepFailure: pipeline.continueOnStepFailure,
    properties: await gitProperties(folder),
  });
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

/** By the JSON of source directory and hash paths. */
async function hashPathsOf(
  { steps }: AuthoredPipeline,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const hashes = steps
    .filter(({ hashPaths }) => hashPaths.length > 0)
    .map(async ({ sourceDirectory, hashPaths }) => {
      const hash = await hashOfPaths(join(folder, sourceDirectory), hashPaths);
      return [JSON.stringify([sourceDirectory, hashPaths]), hash] as const;
    });
  return new Map(await Promise.all(hashes));
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
