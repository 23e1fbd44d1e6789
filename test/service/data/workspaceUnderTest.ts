/** A workspace on the local storage, with a clock that moves only by hand; it starts at the real time, by which the storage checks signatures. */
import { openWorkspace } from "../../../src/workspace/openWorkspace";
import type { Workspace } from "../../../src/workspace/workspace";
import { startStorage, type StorageUnderTest } from "../storageUnderTest";
import { parseRunsConfig } from "../../../src/workspace/runsConfig";

export interface WorkspaceUnderTest {
  readonly workspace: Workspace;
  readonly storage: StorageUnderTest;
  /** Moves the clock on by a second. */
  tick(): void;
}

export async function startWorkspace(): Promise<WorkspaceUnderTest> {
  const storage = await startStorage();
  let now = Math.floor(Date.now() / 1_000) * 1_000;
  const config = {
    subscriptionId: "00000000-0000-0000-0000-000000000000",
    resourceGroup: "local",
    workspaceName: "sluice",
    storageConnection: storage.connectionString,
    selfUrl: "http://127.0.0.1:7071",
    runs: parseRunsConfig({}, []),
    journalDays: 90,
    local: null,
  };
  const parts = { clock: { now: () => new Date(now) }, log: { write: () => undefined } };
  return {
    workspace: openWorkspace(config, parts),
    storage,
    tick() {
      now += 1_000;
    },
  };
}
