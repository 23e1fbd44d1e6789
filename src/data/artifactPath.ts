/** Where the artifacts of a run live in the system container: v1's `ExperimentRun/dcid.<run id>/<path>`. */
export function artifactPath(runId: string, path: string): string {
  return `ExperimentRun/dcid.${runId}/${path}`;
}

/** Where the artifacts of one attempt of a step run live: the first one's are the step run's own, later ones lie beside. */
export function attemptArtifactsId(stepRunId: string, attempt: number): string {
  return attempt <= 1 ? stepRunId : `${stepRunId}.${attempt}`;
}
