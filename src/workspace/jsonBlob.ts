/** JSON documents in the system container: what is too large for a row, referenced by name. */
import { isConflict, isNotFound, isPreconditionFailed } from "./storageErrors";
import { systemContainer } from "./systemContainer";
import type { Workspace } from "./workspace";

/** Writes the document unless one of that name exists; the first stays. */
export async function writeJsonBlob(workspace: Workspace, name: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  const container = await systemContainer(workspace);
  try {
    await container.getBlockBlobClient(name).upload(text, Buffer.byteLength(text), {
      conditions: { ifNoneMatch: "*" },
      blobHTTPHeaders: { blobContentType: "application/json" },
    });
  } catch (error) {
    if (!isConflict(error) && !isPreconditionFailed(error)) throw error;
  }
}

/** The parsed document, or undefined when there is none of that name. */
export async function readJsonBlob(workspace: Workspace, name: string): Promise<unknown> {
  const container = await systemContainer(workspace);
  try {
    return JSON.parse((await container.getBlobClient(name).downloadToBuffer()).toString("utf8"));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
