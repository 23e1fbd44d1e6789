/** Owns: the XML of list answers. Pure. */
import { element, escapeXml, isXmlText } from "../http/xml";
import { httpDate, type BlobRow, type CommittedBlock, type ContainerRow, type Metadata } from "./blobRow";
import type { ListedItem, ListedPage, ListQuery } from "./listing";

const DECLARATION = `<?xml version="1.0" encoding="utf-8"?>`;

export interface ListShown {
  readonly endpoint: string;
  readonly marker: string;
  readonly maxResults: number | undefined;
  readonly withMetadata: boolean;
  /** How each blob came by copying, if it did. */
  readonly withCopy: boolean;
}

export function blobListXml(
  container: ContainerRow,
  query: ListQuery,
  page: ListedPage,
  shown: ListShown,
): string {
  const head = `${DECLARATION}<EnumerationResults ServiceEndpoint="${escapeXml(shown.endpoint)}/" ContainerName="${escapeXml(container.name)}">`;
  const echo = [
    query.prefix === "" ? "" : element("Prefix", query.prefix),
    shown.marker === "" ? "" : element("Marker", shown.marker),
    shown.maxResults === undefined ? "" : element("MaxResults", shown.maxResults),
    query.delimiter === "" ? "" : element("Delimiter", query.delimiter),
  ].join("");
  const items = page.items.map((item) => itemXml(item, shown)).join("");
  return `${head}${echo}<Blobs>${items}</Blobs>${element("NextMarker", encodeMarker(page.next))}</EnumerationResults>`;
}

/** Markers are opaque to callers, so that any name survives XML and URLs. */
export function encodeMarker(name: string | undefined): string {
  return name === undefined ? "" : `1!${Buffer.from(name, "utf16le").toString("base64url")}`;
}

export function decodeMarker(marker: string): string | undefined {
  if (marker === "") return "";
  return /^1![A-Za-z0-9_-]*$/.test(marker)
    ? Buffer.from(marker.slice(2), "base64url").toString("utf16le")
    : undefined;
}

function itemXml(item: ListedItem, shown: ListShown): string {
  if (item.kind === "prefix") return `<BlobPrefix>${nameXml(item.name)}</BlobPrefix>`;
  const metadata = shown.withMetadata ? metadataXml(item.blob.metadata) : "";
  return `<Blob>${nameXml(item.blob.name)}<Properties>${propertiesXml(item.blob)}${shown.withCopy ? copyXml(item.blob) : ""}</Properties>${metadata}</Blob>`;
}

/** A name that XML cannot carry is percent-encoded and marked, as Azure does. */
function nameXml(name: string): string {
  if (isXmlText(name)) return element("Name", name);
  return `<Name Encoded="true">${encodeURIComponent(name)}</Name>`;
}

function propertiesXml(blob: BlobRow): string {
  const { headers } = blob;
  return [
    element("Creation-Time", httpDate(blob.createdAt)),
    element("Last-Modified", httpDate(blob.modifiedAt)),
    element("Etag", blob.etag),
    element("Content-Length", blob.size),
    element("Content-Type", headers.contentType),
    element("Content-Encoding", headers.contentEncoding ?? ""),
    element("Content-Language", headers.contentLanguage ?? ""),
    element("Content-MD5", headers.contentMd5 ?? ""),
    element("Cache-Control", headers.cacheControl ?? ""),
    element("Content-Disposition", headers.contentDisposition ?? ""),
    element("BlobType", blob.type),
    element("LeaseStatus", "unlocked"),
    element("LeaseState", "available"),
    element("ServerEncrypted", "false"),
  ].join("");
}

function copyXml({ copy, size, createdAt }: BlobRow): string {
  if (copy === undefined) return "";
  return [
    element("CopyId", copy.id),
    element("CopySource", copy.source),
    element("CopyStatus", "success"),
    element("CopyProgress", `${size}/${size}`),
    element("CopyCompletionTime", httpDate(createdAt)),
  ].join("");
}

function metadataXml(metadata: Metadata): string {
  const entries = Object.entries(metadata).map(([name, value]) => element(name, value));
  return entries.length === 0 ? "<Metadata/>" : `<Metadata>${entries.join("")}</Metadata>`;
}

export interface ContainerList {
  readonly containers: readonly ContainerRow[];
  readonly next: string | undefined;
  readonly prefix: string;
}

export function containerListXml(list: ContainerList, shown: ListShown): string {
  const head = `${DECLARATION}<EnumerationResults ServiceEndpoint="${escapeXml(shown.endpoint)}/">`;
  const echo = list.prefix === "" ? "" : element("Prefix", list.prefix);
  const containers = list.containers.map((container) => {
    const properties = [
      element("Last-Modified", httpDate(container.modifiedAt)),
      element("Etag", container.etag),
      element("LeaseStatus", "unlocked"),
      element("LeaseState", "available"),
    ].join("");
    const metadata = shown.withMetadata ? metadataXml(container.metadata) : "";
    return `<Container>${element("Name", container.name)}<Properties>${properties}</Properties>${metadata}</Container>`;
  });
  const next = element("NextMarker", encodeMarker(list.next));
  return `${head}${echo}<Containers>${containers.join("")}</Containers>${next}</EnumerationResults>`;
}

export function blockListXml(lists: {
  committed: readonly CommittedBlock[] | undefined;
  uncommitted: readonly CommittedBlock[] | undefined;
}): string {
  const blocks = (name: string, list: readonly CommittedBlock[] | undefined): string =>
    list === undefined
      ? ""
      : `<${name}>${list.map((block) => `<Block>${element("Name", block.id)}${element("Size", block.size)}</Block>`).join("")}</${name}>`;
  return `${DECLARATION}<BlockList>${blocks("CommittedBlocks", lists.committed)}${blocks("UncommittedBlocks", lists.uncommitted)}</BlockList>`;
}
