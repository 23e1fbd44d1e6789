/**
 * The fixed words of v1's graphs: hidden ports that carry only order, and the module parameters that say how to run a
 * step. A step's own ports and parameters may not have these names.
 */
import { runSettingNames } from "./definition";

/** Hidden output of every step. */
export const runAfterOutput = "_run_after_output";
const runAfterInputPrefix = "_run_after_input_";

/** Hidden input of a step that waits for another one; `index` counts from 0. */
export const runAfterInput = (index: number): string => `${runAfterInputPrefix}${index}`;

export const isRunAfterInput = (port: string): boolean => port.startsWith(runAfterInputPrefix);

/** Position of a hidden input among those of its step. */
export const runAfterIndex = (port: string): number => Number(port.slice(runAfterInputPrefix.length));

/** Value of `Arguments` that stands for the module's structured list. */
export const structuredArguments = "USE_STRUCTURED_ARGUMENTS";

/** Kind of module that this version runs, and the kinds of step that are made of it. */
export const pythonExecution = "escloud";
export const pythonStep = "PythonScriptStep";
export const moduleStep = "ModuleStep";

/** Module parameters that are read here. */
export const settingNames = {
  target: "Target",
  script: "Script",
  command: "Command",
  arguments: "Arguments",
  environmentVariables: "EnvironmentVariables",
  userManagedDependencies: "UserManagedDependencies",
  interpreterPath: "InterpreterPath",
  condaDependencies: "CondaDependencies",
  baseDockerImage: "BaseDockerImage",
  maxSeconds: "MaxRunDurationSeconds",
} as const;

/** Data type of every dataset. */
export const datasetType = "AzureMLDataset";

/** Properties of a module that say what v1's graph has no place for; a module of v1's own client has none of them. */
export const stepProperties = {
  version: "sluice.step.version",
  retries: "sluice.step.retries",
  module: "sluice.step.module",
  hashedPaths: "sluice.step.hashedPaths",
} as const;

/** Whether a step's own parameter of that name could be told from a setting of the step. */
export function isSettingName(name: string): boolean {
  return [...Object.values<string>(settingNames), ...runSettingNames].includes(name);
}

/** Whether a port of that name could be told from a hidden one. */
export function isHiddenPort(name: string): boolean {
  return name === runAfterOutput || isRunAfterInput(name);
}
