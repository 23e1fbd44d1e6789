/** v1's schedule file. Source: spec azureml-v1-yaml.md §2. */
import { z } from "zod";
import { keys } from "./yamlReader";

const maybe = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? undefined);
const text = z.string();
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const whole = z.int();

const recurrence = keys({
  frequency: text,
  interval: maybe(whole),
  start_time: maybe(text),
  time_zone: maybe(text),
  hours: maybe(z.array(whole, { error: "a list of whole numbers" })),
  minutes: maybe(z.array(whole, { error: "a list of whole numbers" })),
  time_of_day: maybe(text),
  week_days: maybe(z.array(text, { error: "a list of English day names" })),
});

/** Other keys of the root mean nothing. */
export const scheduleFile = z.looseObject({
  Schedule: keys({
    description: maybe(text),
    pipeline_parameters: maybe(z.record(z.string(), scalar)),
    continue_on_step_failure: maybe(z.boolean()),
    wait_for_provisioning: maybe(z.boolean()),
    wait_timeout: maybe(z.int().min(0)),
    recurrence: maybe(recurrence),
    datastore_name: maybe(text),
    path_on_datastore: maybe(text),
    polling_interval: maybe(z.int().min(1)),
    data_path_parameter_name: maybe(text),
  }),
});

export type ScheduleFile = z.infer<typeof scheduleFile>["Schedule"];
