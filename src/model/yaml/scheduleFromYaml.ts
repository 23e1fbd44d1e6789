/** From the text of a schedule file to what it asks for; its name, pipeline and experiment are the command's. Pure. */
import type { LiteralValue } from "../definition";
import { parseRecurrence, type Recurrence } from "../recurrence";
import { readFileOf, type ReadFile } from "./fileProblem";
import { parseYaml } from "./parseYaml";
import { scheduleFile, type ScheduleFile } from "./scheduleFile";
import { YamlReader } from "./yamlReader";

export interface AuthoredSchedule {
  readonly description: string;
  readonly pipelineParameters: Readonly<Record<string, LiteralValue>>;
  /** Null = what the pipeline says. */
  readonly continueOnStepFailure: boolean | null;
  readonly trigger: AuthoredTrigger;
}

type AuthoredTrigger =
  | { readonly kind: "recurrence"; readonly recurrence: Recurrence }
  | {
      readonly kind: "change";
      readonly datastore: string;
      readonly path: string;
      /** Minutes. */
      readonly pollingInterval: number;
      /** Null = nothing is told which blob changed. */
      readonly dataPathParameter: string | null;
    };

/** v1's own default, which its command forgets to pass. */
const usualPollingInterval = 5;

/** Codes: those of `parseYaml` and `YamlReader`, and `InvalidRecurrence`. */
export function scheduleFromYaml(file: string, text: string): ReadFile<AuthoredSchedule> {
  const parsed = parseYaml(file, text);
  if (!parsed.ok) return parsed;
  const reader = new YamlReader(file, parsed.value, false);
  const read = reader.read(scheduleFile)?.Schedule;
  const trigger = read === undefined ? undefined : triggerOf(reader, read);
  if (read === undefined || trigger === undefined) {
    return readFileOf<AuthoredSchedule>(undefined, reader.problems);
  }
  return readFileOf(
    {
      description: read.description ?? "",
      pipelineParameters: read.pipeline_parameters ?? {},
      continueOnStepFailure: read.continue_on_step_failure ?? null,
      trigger,
    },
    reader.problems,
  );
}

function triggerOf(reader: YamlReader, read: ScheduleFile): AuthoredTrigger | undefined {
  const { recurrence, datastore_name: datastore } = read;
  if ((recurrence === undefined) === (datastore === undefined)) {
    const received = recurrence === undefined ? "neither" : "both";
    reader.error("InvalidFile", ["Schedule"], "recurrence or datastore_name", received);
    return undefined;
  }
  if (datastore === undefined) return recurrenceOf(reader, recurrence);
  return {
    kind: "change",
    datastore,
    path: read.path_on_datastore ?? "",
    pollingInterval: read.polling_interval ?? usualPollingInterval,
    dataPathParameter: read.data_path_parameter_name ?? null,
  };
}

function recurrenceOf(
  reader: YamlReader,
  recurrence: ScheduleFile["recurrence"],
): AuthoredTrigger | undefined {
  const parsed = parseRecurrence({ interval: 1, ...recurrence });
  if (parsed.ok) return { kind: "recurrence", recurrence: parsed.value };
  for (const { code, field, expected, received } of parsed.problems) {
    reader.error(code, ["Schedule", "recurrence", field], expected, received);
  }
  return undefined;
}
