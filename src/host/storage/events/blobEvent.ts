/**
 * Owns: what an event about a blob says, in the Event Grid schema of `Microsoft.Storage`. Pure.
 * Source: "Azure Blob Storage as an Event Grid source" of Azure's reference.
 */
export interface BlobHappening {
  readonly kind: "created" | "deleted";
  readonly api: "PutBlob" | "PutBlockList" | "CopyBlob" | "DeleteBlob";
  readonly container: string;
  readonly name: string;
  /** Unquoted. */
  readonly etag: string;
  readonly contentType: string;
  readonly size: number;
  readonly blobType: string;
  readonly requestId: string;
  readonly clientRequestId: string | undefined;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface EventOrigin {
  readonly account: string;
  /** Blob endpoint with the account, without a slash at the end. */
  readonly endpoint: string;
}

export interface BlobEvent {
  readonly topic: string;
  readonly subject: string;
  readonly eventType: string;
  readonly id: string;
  readonly eventTime: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly dataVersion: "";
  readonly metadataVersion: "1";
}

export function eventTypeOf(happening: BlobHappening): string {
  return happening.kind === "created" ? "Microsoft.Storage.BlobCreated" : "Microsoft.Storage.BlobDeleted";
}

/** `sequence` grows with every event of the store; its text orders the events of a blob. */
export function buildBlobEvent(
  origin: EventOrigin,
  happening: BlobHappening,
  id: string,
  sequence: number,
): BlobEvent {
  const { container, name } = happening;
  const created = happening.kind === "created";
  return {
    topic: `/subscriptions/local/resourceGroups/local/providers/Microsoft.Storage/storageAccounts/${origin.account}`,
    subject: `/blobServices/default/containers/${container}/blobs/${name}`,
    eventType: eventTypeOf(happening),
    id,
    eventTime: new Date(happening.at).toISOString(),
    data: {
      api: happening.api,
      ...(happening.clientRequestId !== undefined && { clientRequestId: happening.clientRequestId }),
      requestId: happening.requestId,
      ...(created && { eTag: `"${happening.etag}"` }),
      contentType: happening.contentType,
      ...(created && { contentLength: happening.size }),
      blobType: happening.blobType,
      url: `${origin.endpoint}/${container}/${encodePath(name)}`,
      sequencer: sequence.toString(16).toUpperCase().padStart(32, "0"),
      storageDiagnostics: { batchId: id },
    },
    dataVersion: "",
    metadataVersion: "1",
  };
}

function encodePath(name: string): string {
  return name.split("/").map(encodeURIComponent).join("/");
}
