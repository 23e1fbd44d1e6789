/**
 * Owns: whether conditional headers let a blob call go on. Pure.
 * Source: "Specifying conditional headers for Blob service operations" of Azure's storage reference.
 *
 * Invariants:
 * V1. All given conditions must hold. A read whose If-None-Match or If-Modified-Since fails is 304, every other
 *     failure 412, except `If-None-Match: *` on a write to an existing blob: 409 BlobAlreadyExists.
 * V2. The source of a copy that does not meet its conditions is 412 SourceConditionNotMet.
 */
import { StorageError } from "../http/storageError";

export interface Conditions {
  readonly ifMatch: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Milliseconds since 1970. */
  readonly ifModifiedSince: number | undefined;
  readonly ifUnmodifiedSince: number | undefined;
}

/** What conditions look at; undefined when there is no such blob. */
export type Version = { readonly etag: string; readonly modifiedAt: number } | undefined;

/** What a call does with the blob that its conditions are about. */
export type Access = "read" | "write" | "copy";

/** Throws the refusal, if any (V1). */
export function checkConditions(conditions: Conditions, version: Version, access: Access): void {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined && !names(ifMatch, version)) throw conditionNotMet(412, access);
  if (ifNoneMatch !== undefined && names(ifNoneMatch, version)) throw noneMatchFailed(ifNoneMatch, access);
  if (version === undefined) return;
  const modifiedAt = wholeSeconds(version.modifiedAt);
  if (ifModifiedSince !== undefined && ifNoneMatch === undefined && modifiedAt <= ifModifiedSince)
    throw conditionNotMet(access === "read" ? 304 : 412, access);
  if (ifUnmodifiedSince !== undefined && modifiedAt > ifUnmodifiedSince) throw conditionNotMet(412, access);
}

function names(list: string, version: Version): boolean {
  if (version === undefined) return false;
  return list.split(",").some((text) => {
    const tag = text.trim();
    return tag === "*" || tag.replace(/^W\//, "").replace(/^"(.*)"$/, "$1") === version.etag;
  });
}

function noneMatchFailed(ifNoneMatch: string, access: Access): StorageError {
  if (access === "read") return conditionNotMet(304, access);
  return access === "write" && ifNoneMatch.trim() === "*"
    ? blobAlreadyExists()
    : conditionNotMet(412, access);
}

/** Last-Modified is shown in whole seconds, so it is compared in whole seconds. */
function wholeSeconds(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

function blobAlreadyExists(): StorageError {
  return new StorageError(409, "BlobAlreadyExists", "The specified blob already exists.");
}

function conditionNotMet(status: 304 | 412, access: Access): StorageError {
  if (access === "copy")
    return new StorageError(
      status,
      "SourceConditionNotMet",
      "The source condition specified using HTTP conditional header(s) is not met.",
    );
  return new StorageError(
    status,
    "ConditionNotMet",
    "The condition specified using HTTP conditional header(s) is not met.",
  );
}
