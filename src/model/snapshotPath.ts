const reservedOnWindows = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)/i;

/** Whether a path may stand in a snapshot: relative, forward slashes, and a plain file name on every system. */
export function isSnapshotPath(path: string): boolean {
  if (path.length === 0 || path.length > 1024) return false;
  return path.split("/").every(isPlainName);
}

function isPlainName(part: string): boolean {
  if (part === "" || part === "." || part === "..") return false;
  // eslint-disable-next-line no-control-regex -- control characters are what is refused here
  if (/[\\:*?"<>|\u0000-\u001f\u007f]/.test(part)) return false;
  return !part.endsWith(".") && !part.endsWith(" ") && !reservedOnWindows.test(part);
}
