/** The interpreter that tests run steps with: SLUICE_PYTHON, else the first that really runs. */
import { spawnSync } from "node:child_process";

export function findTestPython(): string {
  const candidates = [process.env["SLUICE_PYTHON"], "/usr/bin/python3", "python3", "python"];
  for (const candidate of candidates) {
    if (candidate === undefined) continue;
    const { status, stdout } = spawnSync(candidate, ["-c", "import sys; print(sys.executable)"], {
      encoding: "utf8",
    });
    if (status === 0 && stdout.trim() !== "") return stdout.trim();
  }
  throw new Error("These tests need Python 3.8 or newer: install it or set SLUICE_PYTHON.");
}
