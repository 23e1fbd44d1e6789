/** The artifacts of step runs: blobs of the system container below v1's `ExperimentRun/dcid.<id>/`. */
import { BlobSASPermissions } from "@azure/storage-blob";
import { artifactPath } from "../data/artifactPath";
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import type { Artifact } from "./runs";

export interface ArtifactStore {
  /** In the order of their paths. */
  list(stepRunId: string): Promise<readonly Artifact[]>;
  /** A URL that reads one artifact for an hour; undefined when there is none. */
  url(stepRunId: string, path: string): Promise<string | undefined>;
}

const urlLifeMs = 3_600_000;

export function createArtifactStore(workspace: Workspace): ArtifactStore {
  return {
    async list(stepRunId) {
      const prefix = artifactPath(stepRunId, "");
      const artifacts: Artifact[] = [];
      for await (const blob of (await systemContainer(workspace)).listBlobsFlat({ prefix })) {
        artifacts.push({ path: blob.name.slice(prefix.length), size: blob.properties.contentLength ?? 0 });
      }
      return artifacts;
    },
    async url(stepRunId, path) {
      if (!isArtifactPath(path)) return undefined;
      const blob = (await systemContainer(workspace)).getBlobClient(artifactPath(stepRunId, path));
      if (!(await blob.exists())) return undefined;
      return blob.generateSasUrl({
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
