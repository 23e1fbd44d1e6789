/** A file system of a few megabytes, so that a disk can be filled for real. Linux only, and only where mounting is permitted. */
import { execFileSync } from "node:child_process";
import { closeSync, fstatSync, ftruncateSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import path from "node:path";

export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts a disk of `megabytes` at `folder`; null when this process may not. */
  static mount(folder: string, megabytes: number): SmallDisk | null {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return null;
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync("/bin/mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], {
        stdio: "ignore",
      });
    } catch {
      return null;
    }
    return new SmallDisk(folder);
  }

  /** Takes every byte but the last `left`. */
  fill(left = 0): void {
    const file = openSync(this.#ballast, "a");
    try {
      for (const size of [65_536, 4_096, 1]) {
        const piece = Buffer.alloc(size);
        while (isWritten(file, piece));
      }
      ftruncateSync(file, Math.max(0, fstatSync(file).size - left));
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    execFileSync("/bin/umount", ["-l", this.folder], { stdio: "ignore" });
  }

  get #ballast(): string {
    return path.join(this.folder, "ballast");
  }
}

function isWritten(file: number, piece: Buffer): boolean {
  try {
    return writeSync(file, piece) === piece.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return false;
    throw error;
  }
}
