/** A duration in the two units that matter: `0.4 s`, `12.3 s`, `3 min 5 s`, `2 h 4 min`, `3 d 2 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  const hours = Math.floor(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** Between two instants, or until `now` while there is no end; empty before the start. */
export function durationOf(startedAt: string | null, endedAt: string | null, now: Date): string {
  if (startedAt === null) return "";
  const end = endedAt === null ? now.getTime() : Date.parse(endedAt);
  return formatDuration(end - Date.parse(startedAt));
}

/** How long ago, in one unit: `just now`, `4 min ago`, `3 h ago`, `2 d ago`. */
export function formatAge(at: string, now: Date): string {
  const minutes = Math.floor((now.getTime() - Date.parse(at)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ago`;
  return `${Math.floor(minutes / 1440)} d ago`;
}
