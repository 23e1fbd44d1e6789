/**
 * What a step's environment means on this machine, where there are interpreters, virtual environments and pip, and neither
 * conda nor containers. Pure.
 *
 * Rules:
 * 1. The run context stands in for the packages of v1's SDK that provide it: they are not installed.
 * 2. A Python version that v1's SDK makes up when nobody names one asks for nothing.
 * 3. A package that only conda can install is refused by its name.
 * 4. A requirement must mean the same wherever it is read: no file, folder or further list of requirements beside it.
 */
import { isStandardImage, type PythonEnvironment } from "../../model/pythonEnvironment";

export type PythonNeeds =
  /** The interpreter of local steps does. */
  | { readonly kind: "none" }
  | { readonly kind: "interpreter"; readonly path: string }
  | { readonly kind: "packages"; readonly version: string | null; readonly requirements: readonly string[] }
  | { readonly kind: "refused"; readonly reason: string };

/** What `interpreterPath` is when nobody set it. */
const unnamedInterpreter = "python";

/** Defaults of the SDK's own conda file over the years. */
const madeUpVersions: readonly string[] = ["3.6.2", "3.8.13", "3.10.18"];

export function pythonNeeds(environment: PythonEnvironment | null): PythonNeeds {
  if (environment === null) return { kind: "none" };
  const { python } = environment;
  if (python.kind === "interpreter") {
    return python.path === unnamedInterpreter ? { kind: "none" } : python;
  }
  if (python.conda.length > 0) return { kind: "refused", reason: condaRefusal(python.conda) };
  const requirements = python.pip.filter((line) => !isRunContext(line));
  const unclear = requirements.filter(namesAFile);
  if (unclear.length > 0) {
    return {
      kind: "refused",
      reason: `requirements that name a file beside them cannot be installed: ${unclear.map(withoutSecrets).join(", ")}`,
    };
  }
  const version = python.version !== null && madeUpVersions.includes(python.version) ? null : python.version;
  if (version === null && requirements.length === 0) return { kind: "none" };
  return { kind: "packages", version, requirements };
}

/** What people should know of an environment that is only partly given. */
export function environmentWarnings(environment: PythonEnvironment | null): readonly string[] {
  const image = environment?.dockerImage ?? null;
  if (image === null || isStandardImage(image)) return [];
  return [`Docker image ${withoutSecrets(image)} is recorded but not used: local steps run as processes`];
}

/** A requirement as people may see it: without a password in its address. */
export function withoutSecrets(line: string): string {
  return line.replaceAll(/\/\/[^/@\s]+@/g, "//****@");
}

function condaRefusal(entries: readonly string[]): string {
  const remedy = "name them below pip in the conda file, or set userManagedDependencies";
  return `packages that only conda can install: ${entries.map(withoutSecrets).join(", ")}; ${remedy}`;
}

function isRunContext(line: string): boolean {
  return /^azureml[-_.](defaults|core)\s*(\[|[=<>!~;]|$)/i.test(line);
}

function namesAFile(line: string): boolean {
  if (/^(-r|-c|-e|--requirement|--constraint|--editable)\b/.test(line)) return true;
  return /^(\.{1,2}[\\/]|[\\/]|[A-Za-z]:[\\/])/.test(line);
}
