/** A copy of the compiled app that is broken on purpose, so that the harness can show what it finds. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const repository = resolve(__dirname, "..", "..");

export interface Patch {
  /** Below `dist`. */
  readonly file: string;
  /** Text that stands there exactly once; the patch fails when it does not. */
  readonly place: string;
  readonly broken: string;
}

/** Copies `dist` into `folder`, breaks the copy, and answers where it is. */
export function patchedBuild(folder: string, patches: readonly Patch[]): string {
  const dist = join(folder, "dist");
  cpSync(join(repository, "dist"), dist, { recursive: true });
  symlinkSync(join(repository, "node_modules"), join(folder, "node_modules"), "junction");
  for (const { file, place, broken } of patches) {
    const path = join(dist, file);
    const parts = readFileSync(path, "utf8").split(place);
    if (parts.length !== 2)
      throw new Error(
        `This test breaks the compiled dist/${file} at one place on purpose, the text '${place}', but the text stands there ` +
          `${parts.length - 1} times. Somebody changed that code: bring the patch of this test up to it.`,
      );
    writeFileSync(path, parts.join(broken));
  }
  return dist;
}
