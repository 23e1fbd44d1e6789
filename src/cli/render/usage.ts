import { formatDuration } from "./duration";

/** `1.2 s CPU, 150 MB` from the properties of a step run; what is unknown is left out. */
export function usageOf(cpuSeconds: string | undefined, peakMemoryBytes: string | undefined): string {
  const cpu = cpuSeconds === undefined ? [] : [`${formatDuration(Number(cpuSeconds) * 1000)} CPU`];
  const memory = peakMemoryBytes === undefined ? [] : [formatBytes(Number(peakMemoryBytes))];
  return [...cpu, ...memory].join(", ");
}

/** In the unit that leaves one to three digits before the point: `820 kB`, `24 MB`, `1.5 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
