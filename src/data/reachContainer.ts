/** Whether a container answers with the credential that was given for it. */
import type { ContainerClient } from "@azure/storage-blob";
import type { Problem } from "../model/problem";
import { isConflict } from "../workspace/storageErrors";

const timeoutMs = 15_000;

/** Undefined = it lists its blobs. Code: `DatastoreUnreachable`; no secret is repeated. */
export async function reachContainer(
  container: ContainerClient,
  createIfNotExists: boolean,
): Promise<Problem | undefined> {
  const abortSignal = AbortSignal.timeout(timeoutMs);
  try {
    if (createIfNotExists) {
      await container.create({ abortSignal }).catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    }
    await container.listBlobsFlat({ abortSignal }).byPage({ maxPageSize: 1 }).next();
    return undefined;
  } catch (error) {
    return {
      code: "DatastoreUnreachable",
      field: container.containerName,
      expected: "a container that can be listed with this credential; skipValidation registers it unseen",
      received: reasonOf(error),
    };
  }
}

/** The service's own code, or the kind of failure: the message may hold the address with its signature. */
function reasonOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "no answer";
  const status =
    "statusCode" in error && typeof error.statusCode === "number" ? String(error.statusCode) : "";
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const words = [status, code].filter((word) => word !== "").join(" ");
  return words === "" ? "no answer in time" : words;
}
