/** The compute targets that this installation has. A target that is not configured is absent, not broken. */
import { isAbsolute } from "node:path";
import type { Datastores } from "../data/datastores";
import type { Snapshots } from "../data/snapshots";
import { createTransfer } from "../data/transfer";
import type { Workspace } from "../workspace/workspace";
import type { ComputeTarget, ComputeTargets } from "./computeTarget";
import { createLocalTarget } from "./local/localTarget";

interface Dependencies {
  readonly workspace: Workspace;
  readonly datastores: Datastores;
  readonly snapshots: Snapshots;
}

/** `local` exists on a laptop only. Further targets, such as a test's or a bench's, come in through `extra`. */
export function createComputeTargets(
  dependencies: Dependencies,
  extra: readonly ComputeTarget[] = [],
): ComputeTargets {
  const { workspace, datastores, snapshots } = dependencies;
  const local = workspace.config.local;
  const targets = [...extra];
  if (local !== null) {
    if (!isAbsolute(local.dataDir)) throw new Error("SLUICE_DATA_DIR must be an absolute path");
    const transfer = createTransfer({ datastores });
    targets.push(createLocalTarget({ workspace, local, datastores, snapshots, transfer }));
  }
  const byName = new Map(targets.map((target) => [target.name, target]));
  return { find: (name) => byName.get(name), list: () => [...byName.values()] };
}
