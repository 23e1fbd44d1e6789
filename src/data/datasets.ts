/** Datasets: immutable definitions, and the names under which versions of them are registered. */
import type { DatasetDefinition } from "../model/datasetDefinition";
import type { DataPath, DatasetReference } from "../model/definition";
import type { Problem } from "../model/problem";

/** A definition by its id, which is made of what it says: equal definitions are one. */
export interface SavedDataset {
  readonly id: string;
  readonly definition: DatasetDefinition;
}

/** `deprecated`: usable, with a warning. `archived`: not usable as an input. */
export type DatasetState = "active" | "deprecated" | "archived";

/** One version of a registered dataset. */
export interface RegisteredDataset extends SavedDataset {
  /** Id of the registration: the same for all versions of a name. */
  readonly datasetId: string;
  readonly name: string;
  /** From 1. */
  readonly version: number;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Of all versions of the name. */
  readonly state: DatasetState;
  readonly createdAt: string;
}

export interface DatasetRegistration {
  readonly name: string;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly definition: DatasetDefinition;
  /** Without it a name that is taken by another definition is refused. */
  readonly createNewVersion: boolean;
}

export type RegisterDatasetOutcome =
  | { readonly status: "registered"; readonly dataset: RegisteredDataset }
  | { readonly status: "refused"; readonly problems: readonly Problem[] };

export type DatasetResolution =
  | {
      readonly status: "resolved";
      readonly datasetId: string;
      readonly kind: DatasetDefinition["kind"];
      readonly paths: readonly DataPath[];
      readonly state: "active" | "deprecated";
    }
  | { readonly status: "unknown" }
  | { readonly status: "archived" };

export interface DatasetPage {
  readonly items: readonly RegisteredDataset[];
  /** Opaque; null on the last page. */
  readonly continuationToken: string | null;
}

export interface Datasets {
  /** Keeps the definition; saving an equal one again answers the same id. Problems: `InvalidDataset`. */
  save(
    definition: DatasetDefinition,
  ): Promise<
    | { readonly status: "saved"; readonly dataset: SavedDataset }
    | { readonly status: "refused"; readonly problems: readonly Problem[] }
  >;
  find(id: string): Promise<SavedDataset | undefined>;
  /**
   * Gives a definition a name. The latest version with an equal definition is answered as it is, so repeating is
   * harmless. Problems: `InvalidDataset`, `DatasetExists`, `ChangedMeanwhile`.
   */
  register(registration: DatasetRegistration): Promise<RegisterDatasetOutcome>;
  /** `version` null = the latest. */
  findByName(name: string, version: number | null): Promise<RegisteredDataset | undefined>;
  findByDatasetId(datasetId: string, version: number | null): Promise<RegisteredDataset | undefined>;
  /** The latest version of each name, newest name first; `top` is 1–500. */
  list(top: number, continuationToken: string | null): Promise<DatasetPage>;
  /** Versions of a name, newest first. */
  versions(name: string, top: number, continuationToken: string | null): Promise<DatasetPage>;
  setState(name: string, state: DatasetState): Promise<"set" | "not-found">;
  /** What a run that is submitted now gets for the reference. */
  resolve(reference: DatasetReference): Promise<DatasetResolution>;
}
