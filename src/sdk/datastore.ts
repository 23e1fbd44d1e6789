/** A datastore, and the storage behind it: files go straight there, with the signature that the service gave. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, relative, resolve, sep } from "node:path";
import {
  datastoreEntity,
  datastoreList,
  datastoreRegistration,
  type DatastoreEntity,
} from "../contract/datastoreEntity";
import type { ValueOf } from "../contract/wireType";
import { inParallel } from "../model/inParallel";
import type { DataPath } from "../model/definition";
import { filesBelow } from "./filesBelow";
import { getBytes, getText, hasBlob, putBlob, putFile } from "./blobCall";
import type { Workspace } from "./workspace";

/** A blob container to register, with one way to sign in to it. */
export interface BlobContainer {
  readonly datastoreName: string;
  readonly accountName: string;
  readonly containerName: string;
  /** One of the two; with neither the service signs in with its own identity. */
  readonly accountKey?: string;
  readonly sasToken?: string;
  /** Suffix of the account's host. Default `core.windows.net`. */
  readonly endpoint?: string;
  /** Default `https`. */
  readonly protocol?: "http" | "https";
  readonly tags?: Readonly<Record<string, string>>;
  /** Takes the place of a datastore of that name. Default false: then the name must be free. */
  readonly overwrite?: boolean;
  readonly createIfNotExists?: boolean;
  /** Registers the container unseen. */
  readonly skipValidation?: boolean;
}

export interface UploadOptions {
  /** Folder of the datastore that the files go below. Default: its root. */
  readonly targetPath?: string;
  /** Replaces blobs that are there. Default false: they are left alone. */
  readonly overwrite?: boolean;
}

export interface UploadFilesOptions extends UploadOptions {
  /** Folder that the files keep their paths below. Default: only their names are kept. */
  readonly relativeRoot?: string;
}

export interface Transferred {
  /** Paths in the datastore. */
  readonly moved: readonly string[];
  /** Those that were there already and stayed. */
  readonly skipped: readonly string[];
}

export class Datastore {
  private constructor(
    private readonly workspace: Workspace,
    readonly entity: DatastoreEntity,
  ) {}

  get name(): string {
    return this.entity.name;
  }

  /** v1's type word; `AzureFile` of the built-in `workspacefilestore` is kept in a blob container. */
  get datastoreType(): string {
    return this.entity.dataStoreType;
  }

  static async getDefault(workspace: Workspace): Promise<Datastore> {
    const entity = await workspace.client.get(workspace.routes.defaultDatastore, datastoreEntity);
    return new Datastore(workspace, entity);
  }

  /** Throws `ServiceError` with `DatastoreNotFound` when there is none of that name. */
  static async get(workspace: Workspace, name: string): Promise<Datastore> {
    return new Datastore(
      workspace,
      await workspace.client.get(workspace.routes.datastore(name), datastoreEntity),
    );
  }

  /** The built-in ones first, then by name. */
  static async list(workspace: Workspace): Promise<readonly Datastore[]> {
    const { client, routes } = workspace;
    const datastores: Datastore[] = [];
    let token: string | null = null;
    do {
      const page: ValueOf<typeof datastoreList> = await client.get(
        routes.datastorePage(token),
        datastoreList,
      );
      datastores.push(...page.value.map((entity) => new Datastore(workspace, entity)));
      token = page.continuationToken;
    } while (token !== null);
    return datastores;
  }

  static async setDefault(workspace: Workspace, name: string): Promise<void> {
    await workspace.client.send({ method: "PUT", path: workspace.routes.setDefaultDatastore(name) });
  }

  /** v1's `register_azure_blob_container`. The secret is kept by the service and never comes back. */
  static async registerAzureBlobContainer(
    workspace: Workspace,
    container: BlobContainer,
  ): Promise<Datastore> {
    const { client, routes } = workspace;
    const { datastoreName, skipValidation = false, createIfNotExists = false } = container;
    const body = datastoreRegistration.encode(registrationOf(container));
    const flags = [skipValidation, createIfNotExists] as const;
    const entity =
      container.overwrite === true
        ? await client.put(routes.overwriteDatastore(datastoreName, ...flags), body, datastoreEntity)
        : await client.post(routes.registerDatastore(...flags), body, datastoreEntity);
    return new Datastore(workspace, entity);
  }

  /** Forgets the registration; the data stays. */
  async unregister(): Promise<void> {
    const { client, routes } = this.workspace;
    await client.send({ method: "DELETE", path: routes.datastore(this.name) });
  }

  /** A place in the datastore, for datasets and data path parameters. */
  path(path: string): DataPath {
    return { datastore: this.name, path: path.replace(/^\/+/, "") };
  }

  /** Writes one blob, over an older one of that path. */
  async write(path: string, content: Uint8Array): Promise<void> {
    await putBlob(this.url(path), content);
  }

  /** v1's `upload_files`. */
  async uploadFiles(files: readonly string[], options: UploadFilesOptions = {}): Promise<Transferred> {
    const { relativeRoot } = options;
    const named = files.map((file) => {
      const name =
        relativeRoot === undefined ? basename(file) : relative(resolve(relativeRoot), resolve(file));
      if (name === "" || name.startsWith(".."))
        throw new Error(`${file} does not lie below ${relativeRoot ?? ""}.`);
      return { localPath: file, path: name.replaceAll(sep, "/") };
    });
    return this.put(named, options);
  }

  /** v1's `upload`: every file below the folder. */
  async upload(folder: string, options: UploadOptions = {}): Promise<Transferred> {
    if (!(await stat(folder)).isDirectory()) throw new Error(`${folder} is not a folder.`);
    return this.put(await filesBelow(folder), options);
  }

  /** v1's `download`: every blob whose path starts with `prefix`, below `targetFolder`, under its own path. */
  async download(targetFolder: string, options: DownloadOptions = {}): Promise<Transferred> {
    const { prefix = "", overwrite = false } = options;
    const root = resolve(targetFolder);
    const outcomes = await inParallel(await this.list(prefix), async (path) => {
      const localPath = resolve(root, ...path.split("/"));
      if (!localPath.startsWith(root + sep)) throw new Error(`The blob ${path} would leave ${targetFolder}.`);
      if (!overwrite && (await isFile(localPath))) return { path, isMoved: false };
      await mkdir(dirname(localPath), { recursive: true });
      await writeFile(localPath, await getBytes(this.url(path)));
      return { path, isMoved: true };
    });
    return transferred(outcomes);
  }

  exists(path: string): Promise<boolean> {
    return hasBlob(this.url(path));
  }

  /** Paths of all blobs that start with `prefix`. */
  async list(prefix: string): Promise<readonly string[]> {
    const names: string[] = [];
    let marker = "";
    do {
      const query = `restype=container&comp=list&prefix=${encodeURIComponent(prefix)}&marker=${encodeURIComponent(marker)}`;
      const xml = await getText(this.url("", query));
      names.push(...blobNames(xml));
      marker = unescaped(/<NextMarker>([^<]*)<\/NextMarker>/.exec(xml)?.[1] ?? "");
    } while (marker !== "");
    return names;
  }

  private async put(
    files: readonly { readonly localPath: string; readonly path: string }[],
    { targetPath = "", overwrite = false }: UploadOptions,
  ): Promise<Transferred> {
    const folder = targetPath.replace(/^\/+|\/+$/g, "");
    const outcomes = await inParallel(files, async (file) => {
      const path = folder === "" ? file.path : `${folder}/${file.path}`;
      const isMoved = overwrite || !(await this.exists(path));
      if (isMoved) await putFile(this.url(path), file.localPath);
      return { path, isMoved };
    });
    return transferred(outcomes);
  }

  private url(path: string, query = ""): string {
    const { containerUri, credential, sasToken } = this.entity.azureStorage;
    const signature = (sasToken ?? credential ?? "").replace(/^\?/, "");
    if (signature === "") {
      throw new Error(
        `The service gives no signature for datastore ${this.name}, which it reaches by a SAS or an identity itself: use that SAS or identity here.`,
      );
    }
    const container = containerUri ?? this.containerUrl();
    const blob = path === "" ? "" : `/${path.split("/").map(encodeURIComponent).join("/")}`;
    return `${container}${blob}?${query === "" ? "" : `${query}&`}${signature}`;
  }

  private containerUrl(): string {
    const { protocol, accountName, containerName, endpoint } = this.entity.azureStorage;
    return `${protocol}://${accountName}.blob.${endpoint}/${containerName}`;
  }
}

export interface DownloadOptions {
  /** Only blobs whose path starts so. Default: all. */
  readonly prefix?: string;
  /** Replaces local files. Default false: they are left alone. */
  readonly overwrite?: boolean;
}

function registrationOf(container: BlobContainer) {
  const { datastoreName, accountName, containerName, accountKey = null, sasToken = null } = container;
  const credentialType = accountKey !== null ? "AccountKey" : sasToken !== null ? "Sas" : "None";
  return {
    name: datastoreName,
    dataStoreType: "AzureBlob",
    tags: container.tags ?? {},
    azureStorage: {
      accountName,
      containerName,
      endpoint: container.endpoint ?? "core.windows.net",
      protocol: container.protocol ?? "https",
      credentialType,
      credential: accountKey ?? sasToken,
      accountKey: null,
      sasToken: null,
    },
  };
}

function transferred(outcomes: readonly { readonly path: string; readonly isMoved: boolean }[]): Transferred {
  const paths = (isMoved: boolean) =>
    outcomes.filter((each) => each.isMoved === isMoved).map(({ path }) => path);
  return { moved: paths(true), skipped: paths(false) };
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** Names in the storage's XML list. */
export function blobNames(xml: string): readonly string[] {
  return [...xml.matchAll(/<Blob>\s*<Name>([^<]*)<\/Name>/g)].map(([, name]) => unescaped(name ?? ""));
}

function unescaped(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? "");
}
