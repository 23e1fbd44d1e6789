/**
 * The artifacts of runs: blobs of the system container below v1's `ExperimentRun/dcid.<id>/`. The console log is kept
 * once and answers to both names that v1 had for it.
 */
import { BlobSASPermissions, type BlobClient } from "@azure/storage-blob";
import { artifactPath } from "../data/artifactPath";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import type { Artifact } from "./runs";

export interface ArtifactStore {
  /** In the order of their paths. A log that grows has the size of this moment. */
  list(runId: string): Promise<readonly Artifact[]>;
  /** A URL that reads one artifact for an hour, by ranges if wanted; undefined when there is none. */
  url(runId: string, path: string): Promise<string | undefined>;
}

const urlLifeMs = 3_600_000;

/** v1's older name of the console log, and the one under which it lies. */
const otherNames: Readonly<Record<string, string>> = {
  ["azureml-logs/70_driver_log.txt"]: "user_logs/std_log.txt",
};

export function createArtifactStore(workspace: Workspace): ArtifactStore {
  async function find(runId: string, path: string): Promise<BlobClient | undefined> {
    const blob = (await systemContainer(workspace)).getBlobClient(artifactPath(runId, path));
    return (await blob.exists()) ? blob : undefined;
  }
  return {
    async list(runId) {
      const prefix = artifactPath(runId, "");
      const sizes = new Map<string, number>();
      for await (const blob of (await systemContainer(workspace)).listBlobsFlat({ prefix })) {
        sizes.set(blob.name.slice(prefix.length), blob.properties.contentLength ?? 0);
      }
      for (const [name, path] of Object.entries(otherNames)) {
        const size = sizes.get(path);
        if (size !== undefined && !sizes.has(name)) sizes.set(name, size);
      }
      return [...sizes].map(([path, size]) => ({ path, size })).sort((a, b) => (a.path < b.path ? -1 : 1));
    },
    async url(runId, path) {
      if (!isArtifactPath(path)) return undefined;
      const other = Object.hasOwn(otherNames, path) ? otherNames[path] : undefined;
      const blob = (await find(runId, path)) ?? (other === undefined ? undefined : await find(runId, other));
      return blob?.generateSasUrl({
        permissions: BlobSASPermissions.parse("r"),
        expiresOn: new Date(workspace.clock.now().getTime() + urlLifeMs),
      });
    },
  };
}

/** Relative, and without a segment that could lead out of the run's own folder. */
function isArtifactPath(path: string): boolean {
  return path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
}
