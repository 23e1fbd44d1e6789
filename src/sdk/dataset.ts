/**
 * Datasets: named, versioned descriptions of data in datastores. Nothing is read when one is made; whether there is any
 * data is seen when a run uses it. Source: spec azureml-v1.md §1.7.
 */
import {
  datasetBody,
  datasetRegistration,
  registeredDataset,
  registeredDatasetList,
  savedDataset,
  type DatasetBody,
  type RegisteredDatasetEntity,
} from "../contract/datasetEntity";
import type { ValueOf } from "../contract/wireType";
import type { DataPath, DatasetReference, InputMode } from "../model/definition";
import type { Workspace } from "./workspace";

type Delimited = NonNullable<DatasetBody["delimited"]>;

export interface FromFilesOptions {
  /** Turns parts of paths into columns, such as `{year:yyyy}/{month:MM}`. */
  readonly partitionFormat?: string;
}

export interface FromDelimitedFilesOptions extends FromFilesOptions, Partial<Delimited> {}

export interface RegisterOptions {
  readonly name: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  /** Adds a version to a name that is taken. Default false: then the name must be free, or mean the same. */
  readonly createNewVersion?: boolean;
}

/** A dataset as an input of a step. Immutable: the methods answer changed copies. */
export interface DatasetConsumptionConfig {
  /** Name of the port, and key of the script's `input_datasets`. */
  readonly name: string;
  readonly mode: InputMode;
  readonly pathOnCompute: string | null;
  readonly source: { readonly kind: "dataset"; readonly dataset: DatasetReference };
  /** File datasets only. */
  asMount(): DatasetConsumptionConfig;
  /** File datasets only. */
  asDownload(pathOnCompute?: string): DatasetConsumptionConfig;
}

/** A dataset of either type; v1's `FileDataset` and `TabularDataset` differ in `kind` and in what may be asked of them. */
export class Dataset {
  private constructor(
    private readonly workspace: Workspace,
    /** Id of the definition; equal definitions have one. */
    readonly id: string,
    readonly definition: DatasetBody,
    /** Null when it has no name. */
    readonly registration: RegisteredDatasetEntity | null,
  ) {}

  get kind(): DatasetBody["kind"] {
    return this.definition.kind;
  }

  get name(): string | null {
    return this.registration?.name ?? null;
  }

  get version(): number | null {
    return this.registration?.version ?? null;
  }

  /** v1's `Dataset.File.from_files`: files, folders, and globs with `*` and `**`. */
  static fromFiles(
    workspace: Workspace,
    paths: DataPath | readonly DataPath[],
    { partitionFormat }: FromFilesOptions = {},
  ): Promise<Dataset> {
    const body = { kind: "file", paths: listOf(paths), partitionFormat: partitionFormat ?? null } as const;
    return save(workspace, { ...body, delimited: null });
  }

  /** v1's `Dataset.Tabular.from_delimited_files`. */
  static fromDelimitedFiles(
    workspace: Workspace,
    paths: DataPath | readonly DataPath[],
    { partitionFormat, ...text }: FromDelimitedFilesOptions = {},
  ): Promise<Dataset> {
    const body = { kind: "tabular", paths: listOf(paths), partitionFormat: partitionFormat ?? null } as const;
    return save(workspace, { ...body, delimited: { ...usualText, ...text } });
  }

  /** The latest version unless one is named. Throws `ServiceError` with `DatasetNotFound`. */
  static async getByName(
    workspace: Workspace,
    name: string,
    version: number | null = null,
  ): Promise<Dataset> {
    const { client, routes } = workspace;
    return Dataset.registered(
      workspace,
      await client.get(routes.datasetByName(name, version), registeredDataset),
    );
  }

  /** By the id of a definition. Throws `ServiceError` with `DatasetNotFound`. */
  static async getById(workspace: Workspace, id: string): Promise<Dataset> {
    const saved = await workspace.client.get(workspace.routes.savedDataset(id), savedDataset);
    return new Dataset(workspace, saved.id, saved.definition, null);
  }

  /** The latest version of every name, newest name first. */
  static list(workspace: Workspace): Promise<readonly Dataset[]> {
    return readAll(workspace, (token) => workspace.routes.datasets(token));
  }

  static saved(workspace: Workspace, { id, definition }: ValueOf<typeof savedDataset>): Dataset {
    return new Dataset(workspace, id, definition, null);
  }

  static registered(workspace: Workspace, entity: RegisteredDatasetEntity): Dataset {
    return new Dataset(workspace, entity.savedId, entity.definition, entity);
  }

  /** Every version of the dataset's name, newest first; none when it has no name. */
  async versions(): Promise<readonly Dataset[]> {
    const { registration, workspace } = this;
    if (registration === null) return [];
    return readAll(workspace, (token) => workspace.routes.datasetVersions(registration.datasetId, token));
  }

  /** v1's `register`. An equal latest version is answered as it is. */
  async register(options: RegisterOptions): Promise<Dataset> {
    const { client, routes } = this.workspace;
    const body = datasetRegistration.encode({
      name: options.name,
      description: options.description ?? "",
      tags: options.tags ?? {},
      createNewVersion: options.createNewVersion ?? false,
      definition: this.definition,
    });
    return Dataset.registered(
      this.workspace,
      await client.post(routes.registerDataset, body, registeredDataset),
    );
  }

  /** Usable still; who asks for it is warned. */
  deprecate(): Promise<void> {
    return this.setState("Deprecated");
  }

  /** No longer an input of new runs. */
  archive(): Promise<void> {
    return this.setState("Archived");
  }

  reactivate(): Promise<void> {
    return this.setState("Active");
  }

  /** v1's `as_named_input`: direct until it is asked for otherwise. A version that has a name is named by it. */
  asNamedInput(name: string): DatasetConsumptionConfig {
    if (!/^[A-Za-z0-9_]{1,255}$/.test(name))
      throw new Error(`${name} is no name of an input: letters, digits and _.`);
    const { registration, id } = this;
    const dataset: DatasetReference =
      registration === null
        ? { kind: "saved", datasetId: id }
        : { kind: "registered", datasetId: registration.datasetId, version: String(registration.version) };
    return consumption(this.kind, name, "direct", null, dataset);
  }

  private async setState(state: RegisteredDatasetEntity["state"]): Promise<void> {
    if (this.registration === null) throw new Error("Only a registered dataset has a state.");
    const { client, routes } = this.workspace;
    await client.send({ method: "PUT", path: routes.datasetState(this.registration.datasetId), body: state });
  }
}

function consumption(
  kind: DatasetBody["kind"],
  name: string,
  mode: InputMode,
  pathOnCompute: string | null,
  dataset: DatasetReference,
): DatasetConsumptionConfig {
  const files = (next: InputMode, path: string | null): DatasetConsumptionConfig => {
    if (kind === "tabular")
      throw new Error(`A tabular dataset is read directly; only a file dataset can be ${next}ed.`);
    return consumption(kind, name, next, path, dataset);
  };
  return {
    name,
    mode,
    pathOnCompute,
    source: { kind: "dataset", dataset },
    asMount: () => files("mount", null),
    asDownload: (path) => files("download", path ?? null),
  };
}

const usualText: Delimited = {
  separator: ",",
  header: "ALL_FILES_HAVE_SAME_HEADERS",
  encoding: "utf8",
  supportMultiLine: false,
  emptyAsString: false,
  includePath: false,
  inferColumnTypes: true,
  columnTypes: {},
};

function listOf(paths: DataPath | readonly DataPath[]): readonly DataPath[] {
  return "path" in paths ? [paths] : paths;
}

async function save(workspace: Workspace, body: DatasetBody): Promise<Dataset> {
  const { client, routes } = workspace;
  return Dataset.saved(
    workspace,
    await client.post(routes.saveDataset, datasetBody.encode(body), savedDataset),
  );
}

async function readAll(
  workspace: Workspace,
  pathOf: (token: string | null) => string,
): Promise<readonly Dataset[]> {
  const datasets: Dataset[] = [];
  let token: string | null = null;
  do {
    const page: ValueOf<typeof registeredDatasetList> = await workspace.client.get(
      pathOf(token),
      registeredDatasetList,
    );
    datasets.push(...page.value.map((entity) => Dataset.registered(workspace, entity)));
    token = page.continuationToken;
  } while (token !== null);
  return datasets;
}
