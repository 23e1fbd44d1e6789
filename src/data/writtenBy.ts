/** Metadata of every blob that a run writes: a change schedule can tell a run's own output from news. */
export function writtenBy(runId: string): Record<string, string> {
  return { ["sluice_run"]: runId };
}

/** The run that wrote a blob; undefined when none did. */
export function readWriter(metadata: Readonly<Record<string, string>> | undefined): string | undefined {
  return metadata?.["sluice_run"];
}
