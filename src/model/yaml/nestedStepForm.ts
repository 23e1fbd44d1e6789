/**
 * v1's deprecated way to write a step, `python_script_step: {script_name: …}` in place of `type: PythonScriptStep`, put
 * into the present one. Source: spec azureml-v1-yaml.md §1.4.
 */
import { entryOf, type YamlEntry, type YamlNode, type YamlPath } from "./yamlNode";

/** In v1's order: where several stand in one step, the last wins. */
const nestedForms: readonly (readonly [key: string, type: string])[] = [
  ["module", "ModuleStep"],
  ["python_script_step", "PythonScriptStep"],
  ["parallel_run_step", "ParallelRunStep"],
  ["adla_step", "AdlaStep"],
  ["data_transfer_step", "DataTransferStep"],
  ["databricks_step", "DatabricksStep"],
  ["azurebatch_step", "AzureBatchStep"],
];

/** The document with every such step rewritten; `told` hears of each. */
export function withoutNestedForms(root: YamlNode, told: (path: YamlPath, type: string) => void): YamlNode {
  const pipeline = entryOf(root, "pipeline");
  const steps = entryOf(pipeline, "steps");
  if (root.kind !== "map" || pipeline?.kind !== "map" || steps?.kind !== "map") return root;
  const entries = [...steps.entries].map(([key, entry]): [string, YamlEntry] => {
    const value = flatStep(entry.value, (form, type) => told(["pipeline", "steps", key, form], type));
    return [key, { ...entry, value }];
  });
  return withEntry(root, "pipeline", withEntry(pipeline, "steps", { ...steps, entries: new Map(entries) }));
}

type YamlMap = Extract<YamlNode, { kind: "map" }>;

function withEntry(map: YamlMap, key: string, value: YamlNode): YamlMap {
  const position = map.entries.get(key)?.position ?? map.position;
  return { ...map, entries: new Map([...map.entries, [key, { position, value }]]) };
}

function flatStep(step: YamlNode, told: (form: string, type: string) => void): YamlNode {
  if (step.kind !== "map" || step.entries.has("type")) return step;
  const form = nestedForms.filter(([key]) => step.entries.has(key)).at(-1);
  const nested = form === undefined ? undefined : step.entries.get(form[0]);
  if (form === undefined || nested?.value.kind !== "map") return step;
  const [key, word] = form;
  told(key, word);
  const type: YamlNode = { kind: "scalar", value: word, position: nested.position };
  const own = [...step.entries].filter(([name]) => name !== key);
  return {
    ...step,
    entries: new Map([["type", { position: nested.position, value: type }], ...own, ...nested.value.entries]),
  };
}
