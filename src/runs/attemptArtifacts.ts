/**
 * The artifacts of a run or step run as its readers see them: those of a step's current attempt under their own
 * paths, those of the attempts before it under `attempts/<number>/`.
 */
import { attemptArtifactsId } from "../data/artifactPath";
import type { ArtifactStore } from "./artifactStore";
import type { Artifact } from "./runs";

/** `attempt` is the number of the current one; 0 and 1 for a run and for a step with nothing before it. */
export async function listArtifacts(
  store: ArtifactStore,
  id: string,
  attempt: number,
): Promise<readonly Artifact[]> {
  const artifacts = [...(await store.list(attemptArtifactsId(id, attempt)))];
  for (let earlier = 1; earlier < attempt; earlier++) {
    for (const { path, size } of await store.list(attemptArtifactsId(id, earlier))) {
      artifacts.push({ path: `attempts/${earlier}/${path}`, size });
    }
  }
  return artifacts.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export function artifactUrl(
  store: ArtifactStore,
  id: string,
  attempt: number,
  path: string,
): Promise<string | undefined> {
  const [, number = "", rest = ""] = /^attempts\/([1-9]\d{0,4})\/(.+)$/s.exec(path) ?? [];
  return number !== "" && Number(number) < attempt
    ? store.url(attemptArtifactsId(id, Number(number)), rest)
    : store.url(attemptArtifactsId(id, attempt), path);
}
