/** A datastore, and the storage behind it: files go straight there, with the signature that the service gave. */
import { datastoreEntity, type DatastoreEntity } from "../contract/datastoreEntity";
import { getText, hasBlob, putBlob } from "./blobCall";
import type { Workspace } from "./workspace";

export class Datastore {
  private constructor(readonly entity: DatastoreEntity) {}

  get name(): string {
    return this.entity.name;
  }

  static async getDefault(workspace: Workspace): Promise<Datastore> {
    return new Datastore(await workspace.client.get(workspace.routes.defaultDatastore, datastoreEntity));
  }

  /** Writes one blob, over an older one of that path. */
  async upload(path: string, content: Uint8Array): Promise<void> {
    await putBlob(this.url(path), content);
  }

  exists(path: string): Promise<boolean> {
    return hasBlob(this.url(path));
  }

  /** Paths of at most 5,000 blobs below `prefix`. */
  async list(prefix: string): Promise<readonly string[]> {
    const query = `restype=container&comp=list&prefix=${encodeURIComponent(prefix)}`;
    return blobNames(await getText(this.url("", query)));
  }

  private url(path: string, query = ""): string {
    const { containerUri, credential, sasToken } = this.entity.azureStorage;
    const container = containerUri ?? this.containerUrl();
    const blob = path === "" ? "" : `/${path.split("/").map(encodeURIComponent).join("/")}`;
    const parts = [query, (sasToken ?? credential ?? "").replace(/^\?/, "")].filter((part) => part !== "");
    return `${container}${blob}?${parts.join("&")}`;
  }

  private containerUrl(): string {
    const { protocol, accountName, containerName, endpoint } = this.entity.azureStorage;
    return `${protocol}://${accountName}.blob.${endpoint}/${containerName}`;
  }
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** Names in the storage's XML list. */
export function blobNames(xml: string): readonly string[] {
  return [...xml.matchAll(/<Blob>\s*<Name>([^<]*)<\/Name>/g)].map(([, name]) =>
    (name ?? "").replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity] ?? ""),
  );
}
