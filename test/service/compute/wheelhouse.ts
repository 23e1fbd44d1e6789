/** A folder of small wheels, and pip told by its own settings to look nowhere else. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { findTestPython } from "../pythonUnderTest";

const write = `
import sys, zipfile
folder, name, version, requires = sys.argv[1:]
info = "%s-%s.dist-info/" % (name, version)
metadata = "Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n" % (name, version)
metadata += "Requires-Dist: %s\\n" % requires if requires else ""
with zipfile.ZipFile("%s/%s-%s-py3-none-any.whl" % (folder, name, version), "w") as wheel:
    wheel.writestr(name + ".py", "version = %r\\n" % version)
    wheel.writestr(info + "METADATA", metadata)
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "")
`;

export function addWheel(folder: string, name: string, version: string, requires = ""): void {
  mkdirSync(folder, { recursive: true });
  const result = spawnSync(findTestPython(), ["-c", write, folder, name, version, requires]);
  if (result.status !== 0) throw new Error(result.stderr.toString());
}

/** Answers how to undo it. */
export function usePipSettings(settings: Readonly<Record<string, string>>): () => void {
  const before = Object.entries(process.env).filter(([name]) => name.startsWith("PIP_"));
  const clear = (): void => {
    for (const name of Object.keys(process.env))
      if (name.startsWith("PIP_")) Reflect.deleteProperty(process.env, name);
  };
  clear();
  Object.assign(process.env, settings);
  return () => {
    clear();
    Object.assign(process.env, Object.fromEntries(before));
  };
}
