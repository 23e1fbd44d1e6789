/** A folder of its own for one test, filled from a table of paths and contents. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export type Files = Readonly<Record<string, string | Buffer>>;

export interface TemporaryFolder {
  readonly path: string;
  /** Writes files as if they had been there for an hour, so that their times are no race. */
  write(files: Files): void;
  remove(): void;
}

export function temporaryFolder(files: Files = {}): TemporaryFolder {
  const path = mkdtempSync(join(tmpdir(), "sluice-sdk-"));
  const folder: TemporaryFolder = {
    path,
    write(more) {
      for (const [name, content] of Object.entries(more)) {
        const file = join(path, ...name.split("/"));
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
        const hourAgo = new Date(Date.now() - 3_600_000);
        utimesSync(file, hourAgo, hourAgo);
      }
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  folder.write(files);
  return folder;
}
