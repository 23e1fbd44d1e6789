/**
 * Owns: the routes of the Blob service: which call is which operation. Must not: store.
 */
import { notServed, StorageError } from "../http/storageError";
import { decodePath, headerOf, type StorageReply, type StorageRequest } from "../http/storageRequest";
import type { Grant } from "../auth/grant";
import { refuseUnserved } from "./blobHeaders";
import { answerContainer, answerContainerList } from "./containerRoutes";
import { answerBlobRead } from "./readRoutes";
import { answerBlobWrite } from "./writeRoutes";
import type { AddressedCall, BlobRoutes } from "./blobService";
import { answerBlockRead, answerBlockWrite } from "./blockRoutes";

export async function routeBlob(
  routes: BlobRoutes,
  request: StorageRequest,
  grant: Grant,
): Promise<StorageReply> {
  refuseUnserved(request);
  const path = decodePath(request.resourcePath);
  const operation = operationOf(request);
  if (path === "") {
    if (operation === "GET list") return answerContainerList(routes, request, grant);
    throw notServed(`${operation} on the account of the Blob service`);
  }
  const cut = path.indexOf("/");
  const container = checkContainerName(cut < 0 ? path : path.slice(0, cut));
  const name = cut < 0 ? "" : path.slice(cut + 1);
  const call = { request, grant, container, name };
  if (name === "") return answerContainer(routes, call, operation);
  checkBlobName(name);
  return answerBlob(routes, call, operation);
}

/** `METHOD`, then `comp` when there is one. */
function operationOf(request: StorageRequest): string {
  const comp = request.query.get("comp");
  return comp === undefined ? request.method : `${request.method} ${comp.toLowerCase()}`;
}

function answerBlob(
  routes: BlobRoutes,
  call: AddressedCall,
  operation: string,
): Promise<StorageReply> | StorageReply {
  if (operation !== "PUT" && headerOf(call.request.headers, "x-ms-copy-source") !== undefined)
    throw notServed(`${operation} from a URL`);
  switch (operation) {
    case "GET":
    case "HEAD":
      return answerBlobRead(routes, call);
    case "PUT":
    case "PUT appendblock":
    case "PUT metadata":
    case "PUT properties":
    case "DELETE":
      return answerBlobWrite(routes, call, operation);
    case "PUT block":
    case "PUT blocklist":
      return answerBlockWrite(routes, call, operation);
    case "GET blocklist":
      return answerBlockRead(routes, call);
    default:
      throw notServed(`${operation} on a blob`);
  }
}

function checkContainerName(name: string): string {
  if (/^(\$root|\$web|\$logs)$/.test(name)) return name;
  if (name.length < 3 || name.length > 63)
    throw new StorageError(
      400,
      "OutOfRangeInput",
      "The specified resource name length is not within the permissible limits.",
    );
  if (!/^[a-z0-9](?:-?[a-z0-9])*$/.test(name))
    throw new StorageError(
      400,
      "InvalidResourceName",
      "The specified resource name contains invalid characters.",
    );
  return name;
}

function checkBlobName(name: string): void {
  if (name.length > 1024 || name.split("/").length > 254)
    throw new StorageError(
      400,
      "OutOfRangeInput",
      "The specified resource name length is not within the permissible limits.",
    );
  if (name.includes("\0"))
    throw new StorageError(
      400,
      "InvalidUri",
      "The requested URI does not represent any resource on the server.",
    );
}
