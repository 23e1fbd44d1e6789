/** Where bytes live in the system container by their SHA-256; spread over folders for whoever looks at them. */
export function contentName(hash: string): string {
  return `snapshots/files/${hash.slice(0, 2)}/${hash}`;
}
