/** Where the artifacts of a run live in the system container: v1's `ExperimentRun/dcid.<run id>/<path>`. */
export function artifactPath(runId: string, path: string): string {
  return `ExperimentRun/dcid.${runId}/${path}`;
}
