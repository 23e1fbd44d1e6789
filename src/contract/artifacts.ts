/** Files of a run: console logs, `outputs/`, `logs/`. Source: spec azureml-v1-wire.md §3.4. */
import { listOf, name, orNull, text, wireObject, type ValueOf } from "./wireType";

const artifact = wireObject({
  artifactId: ["artifactId", text],
  origin: ["origin", text],
  /** `dcid.` and the run id. */
  container: ["container", text],
  path: ["path", name],
});

export const artifactList = wireObject({
  value: ["value", listOf(artifact)],
  continuationToken: ["continuationToken", orNull(text)],
});

export const artifactContent = wireObject({
  /** Short-lived URL that reads the file without a further sign-in. */
  contentUri: ["contentUri", text],
  origin: ["origin", text],
  container: ["container", text],
  path: ["path", name],
});

export type ArtifactContent = ValueOf<typeof artifactContent>;

export const artifactContentList = wireObject({
  value: ["value", listOf(artifactContent)],
  continuationToken: ["continuationToken", orNull(text)],
});
