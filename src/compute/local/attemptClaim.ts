/** Who owns the only start of an attempt, and whether it was told to end: the small files of its folder. */
import { open, stat } from "node:fs/promises";
import { systemErrorCode } from "../../workspace/systemErrorCode";
import { isMissing, readJson, type AttemptFolder } from "./attemptFolder";
import { supervisorRecord, type SupervisorRecord } from "./attemptState";

export async function readSupervisor(folder: AttemptFolder): Promise<SupervisorRecord | undefined> {
  const parsed = supervisorRecord.safeParse(await readJson(folder.file("claim")));
  return parsed.success ? parsed.data : undefined;
}

export async function readCanceledAt(folder: AttemptFolder): Promise<string | undefined> {
  const record = (await readJson(folder.file("cancel.json"))) as { canceledAt: string } | undefined;
  return record?.canceledAt;
}

export async function readTimedOutAt(folder: AttemptFolder): Promise<string | undefined> {
  const record = (await readJson(folder.file("timeout.json"))) as { timedOutAt: string } | undefined;
  return record?.timedOutAt;
}

/** True when this call took the claim, which means that the script has not started and never will. */
export async function takeClaim(folder: AttemptFolder): Promise<boolean> {
  try {
    await (await open(folder.file("claim"), "wx", 0o600)).close();
    return true;
  } catch (error) {
    if (systemErrorCode(error) === "EEXIST") return false;
    throw error;
  }
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
