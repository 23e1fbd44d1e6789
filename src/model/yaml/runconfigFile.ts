/**
 * v1's run configuration file: the keys that a step honours by their types, every other key of v1 by its name alone.
 * Source: spec azureml-v1-yaml.md §3.
 */
import { z } from "zod";
import { keys } from "./yamlReader";

const maybe = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const kept = z.unknown().optional();
const text = z.string();
/** v1 takes quoted booleans by truthiness; only the spelled-out ones have one meaning. */
const flag = z.union([z.boolean(), z.enum(["true", "false"])], { error: "true or false" });
const count = z.union([z.int(), z.stringFormat("whole number", /^\d+$/)], { error: "a whole number" });
const variables = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

const python = keys({
  userManagedDependencies: maybe(flag),
  interpreterPath: maybe(text),
  condaDependenciesFile: maybe(text),
  condaDependencies: kept,
  baseCondaEnvironment: kept,
});

const docker = z.looseObject({ baseImage: maybe(text) });

export const environmentFile = keys({
  name: maybe(text),
  version: maybe(z.union([z.string(), z.number()])),
  environmentVariables: maybe(variables),
  python: maybe(python),
  docker: maybe(docker),
  spark: kept,
  databricks: kept,
  r: kept,
  inferencingStackVersion: kept,
  assetId: kept,
});

export const runconfigFile = keys({
  script: maybe(text),
  arguments: kept,
  command: maybe(z.union([z.string(), z.array(z.string())])),
  target: maybe(text),
  framework: maybe(text),
  communicator: maybe(text),
  maxRunDurationSeconds: maybe(count),
  nodeCount: maybe(count),
  priority: kept,
  /** A map as `environmentFile`, or the path of such a file. */
  environment: z.union([text, z.looseObject({})], {
    error: "a map, or the path of a file: an older format has none",
  }),
  environmentVariables: maybe(variables),
  docker: kept,
  history: maybe(
    keys({
      outputCollection: maybe(flag),
      snapshotProject: maybe(flag),
      directoriesToWatch: maybe(z.array(text)),
    }),
  ),
  dataReferences: maybe(z.record(z.string(), kept)),
  data: maybe(z.record(z.string(), kept)),
  outputData: maybe(z.record(z.string(), kept)),
  sourceDirectoryDataStore: maybe(text),
  spark: kept,
  mpi: kept,
  pytorch: kept,
  tensorflow: kept,
  paralleltask: kept,
  hdi: kept,
  amlcompute: kept,
  kubernetescompute: kept,
  autoClusterComputeSpecification: kept,
  credentialPassthrough: kept,
  datacaches: kept,
  applicationEndpoints: kept,
});

export type RunconfigFile = z.infer<typeof runconfigFile>;
export type EnvironmentOfFile = z.infer<typeof environmentFile>;
