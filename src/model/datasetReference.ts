/** Datasets as v1 writes them into graphs, parameters and submissions. Source: spec azureml-v1-wire.md §4.4, §6.4. */
import type { DatasetValue } from "../contract/graph";
import { assertNever } from "./assertNever";
import type { DatasetReference } from "./definition";

/** The dataset, or undefined when the value names none. A registered one without a version is the latest. */
export function datasetReferenceOf({
  savedDataset,
  registeredDataset,
}: DatasetValue): DatasetReference | undefined {
  if (savedDataset !== null) return { kind: "saved", datasetId: savedDataset.id };
  if (registeredDataset === null) return undefined;
  const { id, name, version } = registeredDataset;
  if (id !== null) return { kind: "registered", datasetId: id, version };
  return name === null ? undefined : { kind: "named", name, version };
}

/** The inverse of `datasetReferenceOf`. */
export function datasetValueOf(reference: DatasetReference): DatasetValue {
  const absent = { literalValue: null, savedDataset: null, registeredDataset: null };
  switch (reference.kind) {
    case "saved":
      return { ...absent, savedDataset: { id: reference.datasetId } };
    case "registered": {
      const { datasetId: id, version } = reference;
      return { ...absent, registeredDataset: { id, name: null, version } };
    }
    case "named": {
      const { name, version } = reference;
      return { ...absent, registeredDataset: { id: null, name, version } };
    }
    default:
      return assertNever(reference);
  }
}
