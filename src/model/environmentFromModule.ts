/**
 * The environment of a step from and to the wire: module parameters first, which older clients and this one send, else the
 * node's run configuration. Source: spec azureml-v1.md §1.10, azureml-v1-wire.md §4.2.
 */
import { settingNames } from "./moduleWords";
import {
  condaFileOf,
  environmentOf,
  readCondaFile,
  readEnvironmentSection,
  type PythonEnvironment,
} from "./pythonEnvironment";

interface ModuleEnvironment {
  /** The text of a module parameter; empty when it is not set. */
  readonly setting: (name: string) => string;
  /** JSON text of the node's run configuration, or null. */
  readonly runConfiguration: string | null;
}

export type EnvironmentRead =
  | { readonly ok: true; readonly value: PythonEnvironment | null }
  | { readonly ok: false; readonly field: string; readonly expected: string; readonly received: string };

const { userManagedDependencies, interpreterPath, condaDependencies, baseDockerImage } = settingNames;

export function environmentFromModule({ setting, runConfiguration }: ModuleEnvironment): EnvironmentRead {
  const settings = [userManagedDependencies, interpreterPath, condaDependencies, baseDockerImage].map(
    setting,
  );
  return settings.every((text) => text === "") ? fromConfiguration(runConfiguration) : fromSettings(setting);
}

function fromConfiguration(text: string | null): EnvironmentRead {
  const configuration = parseJson(text ?? "");
  if (!isObject(configuration)) return { ok: true, value: null };
  const value = readEnvironmentSection(configuration["environment"] ?? {});
  if (value !== undefined) return { ok: true, value };
  const received = JSON.stringify(configuration["environment"]);
  return { ok: false, field: "Runconfig", expected: "an environment as v1 writes it", received };
}

function fromSettings(setting: ModuleEnvironment["setting"]): EnvironmentRead {
  const received = setting(condaDependencies);
  const packages = readCondaFile(received === "" ? {} : parseJson(received));
  if (packages === undefined) {
    return { ok: false, field: condaDependencies, expected: "the JSON of a conda file", received };
  }
  return {
    ok: true,
    value: environmentOf({
      userManaged: setting(userManagedDependencies).toLowerCase() === "true",
      interpreterPath: setting(interpreterPath),
      packages,
      dockerImage: setting(baseDockerImage),
    }),
  };
}

/** The settings that `environmentFromModule` reads back to the same environment. */
export function settingsOfEnvironment(
  environment: PythonEnvironment | null,
): readonly (readonly [name: string, value: string])[] {
  if (environment === null) return [];
  const { python, dockerImage } = environment;
  const image = dockerImage === null ? [] : [[baseDockerImage, dockerImage] as const];
  if (python.kind === "packages") return [[condaDependencies, JSON.stringify(condaFileOf(python))], ...image];
  return [[userManagedDependencies, "true"], [interpreterPath, python.path], ...image];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
