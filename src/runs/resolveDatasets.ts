/** The datasets of a submission, settled before its run is planned: all that cannot be found are told at once. */
import type { DatasetReference, PipelineDefinition } from "../model/definition";
import type { ResolvedParameters } from "../model/parameters";
import type { Parsed, Problem } from "../model/problem";
import type { DatasetResolution } from "../data/datasets";
import type { ResolvedDataset } from "./plan";
import { cutText } from "./rowText";

/** What a dataset means now. */
export type ResolveDataset = (reference: DatasetReference) => Promise<DatasetResolution>;

interface Use {
  readonly reference: DatasetReference;
  readonly field: string;
}

/** Codes: `UnknownDataset`, `DatasetArchived`. One reference that many inputs share is looked up once. */
export async function resolveDatasets(
  resolve: ResolveDataset,
  definition: PipelineDefinition,
  values: ResolvedParameters,
): Promise<Parsed<(reference: DatasetReference) => ResolvedDataset>> {
  const uses = [...usesOf(definition), ...assignedUses(values)];
  const references = new Map(uses.map(({ reference }) => [keyOf(reference), reference]));
  const found = new Map<string, ResolvedDataset>();
  const archived = new Set<string>();
  await Promise.all(
    [...references].map(async ([key, reference]) => {
      const resolution = await resolve(reference);
      if (resolution.status === "archived") archived.add(key);
      if (resolution.status !== "resolved") return;
      const { datasetId, paths } = resolution;
      found.set(key, { datasetId, paths });
    }),
  );
  const problems = uses
    .filter(({ reference }) => !found.has(keyOf(reference)))
    .map((use) => unusable(use, archived.has(keyOf(use.reference))));
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    value: (reference) => {
      const dataset = found.get(keyOf(reference));
      if (dataset === undefined) throw new Error(`dataset ${keyOf(reference)} was not resolved`);
      return dataset;
    },
  };
}

function usesOf({ steps }: PipelineDefinition): readonly Use[] {
  return steps.flatMap(({ name, inputs }) =>
    inputs.flatMap(({ name: port, source }) =>
      source.kind === "dataset" ? [{ reference: source.dataset, field: `steps.${name}.inputs.${port}` }] : [],
    ),
  );
}

function assignedUses({ datasets }: ResolvedParameters): readonly Use[] {
  return Object.entries(datasets).map(([name, reference]) => ({
    reference,
    field: `DataSetDefinitionValueAssignments.${name}`,
  }));
}

function keyOf(reference: DatasetReference): string {
  const version = reference.kind === "saved" ? "" : (reference.version ?? "latest");
  return JSON.stringify([reference.kind, nameOf(reference), version]);
}

function nameOf(reference: DatasetReference): string {
  return reference.kind === "named" ? reference.name : reference.datasetId;
}

function unusable({ reference, field }: Use, isArchived: boolean): Problem {
  const version =
    reference.kind === "saved" || reference.version === null ? "" : `, version ${reference.version}`;
  const received = cutText(`${nameOf(reference)}${version}`, 80);
  return isArchived
    ? { code: "DatasetArchived", field, expected: "a dataset that is not archived", received }
    : {
        code: "UnknownDataset",
        field,
        expected: "a dataset that was registered or saved in this workspace",
        received,
      };
}
