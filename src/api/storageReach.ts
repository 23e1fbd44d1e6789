/** Whether storage can be reached, asked in a way that leaves no trace. */
import { isNotFound } from "../workspace/storageErrors";
import { systemContainerName } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";

const unreachableCodes = [
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "REQUEST_SEND_ERROR",
];

/** The request never got an answer, so nobody can say what became of it. */
export function isStorageUnreachable(error: unknown): boolean {
  if (typeof error !== "object" || error === null || !("code" in error)) return false;
  return typeof error.code === "string" && unreachableCodes.includes(error.code);
}

/** What does not answer within `timeoutMs`, in words; empty when all does. */
export async function storageProblems(workspace: Workspace, timeoutMs: number): Promise<readonly string[]> {
  const outcomes = await Promise.all([
    answers(() => askTables(workspace, timeoutMs), timeoutMs),
    answers(() => askBlobs(workspace, timeoutMs), timeoutMs),
  ]);
  const names = ["Table storage does not answer.", "Blob storage does not answer."];
  return names.filter((_, index) => outcomes[index] === false);
}

/** Raced as well, because retries of the client outlast its abort signal while it waits between them. */
async function answers(ask: () => Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, timeoutMs, false)));
  const asked = ask().then(
    () => true,
    () => false,
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

async function askTables(workspace: Workspace, timeoutMs: number): Promise<void> {
  const table = await workspace.table("Runs");
  try {
    await table.getEntity("health", "health", { abortSignal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function askBlobs(workspace: Workspace, timeoutMs: number): Promise<void> {
  const container = workspace.blobs.getContainerClient(systemContainerName);
  await container.exists({ abortSignal: AbortSignal.timeout(timeoutMs) });
}
