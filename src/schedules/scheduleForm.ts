/**
 * What a schedule's request says by itself, before anything is looked up: all problems at once, in v1's names of the
 * arguments. Pure. Source: spec azureml-v1.md §5.4–5.6.
 */
import type { Parsed, Problem } from "../model/problem";
import { parseRecurrence } from "../model/recurrence";
import { normaliseFolder } from "./changeRule";
import { parseSchedulePolicy } from "./parseSchedulePolicy";
import {
  v1ChangeFilter,
  type ChangeFilter,
  type RequestedRule,
  type SchedulePolicy,
  type ScheduleRequest,
  type Trigger,
} from "./schedules";
import { isDeepStrictEqual } from "node:util";
import { parseChangeFilter } from "./changeFilter";

const longestName = 255;
/** A year, in minutes. */
const longestInterval = 366 * 24 * 60;
/** A row holds 32 KB; the rest of it is small. */
const longestSubmission = 24_000;

/** What a request says by itself, in the form that is kept. */
export interface ScheduleForm {
  readonly trigger: Trigger;
  readonly policy: SchedulePolicy;
}

export function parseScheduleForm(request: ScheduleRequest): Parsed<ScheduleForm> {
  const trigger = parseTrigger(request);
  const policy = parseSchedulePolicy(request.policy ?? {});
  const problems = [...findPlainProblems(request), ...problemsOf(trigger), ...problemsOf(policy)];
  if (!trigger.ok || !policy.ok || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { trigger: trigger.value, policy: policy.value } };
}

export const problemsOf = (parsed: Parsed<unknown> | undefined): readonly Problem[] =>
  parsed === undefined || parsed.ok ? [] : parsed.problems;

function findPlainProblems({ name, submission, status }: ScheduleRequest): Problem[] {
  const problems: Problem[] = [];
  if (name.trim() === "" || name.length > longestName) {
    problems.push(invalid("name", `1 to ${longestName} characters`, name));
  }
  const { experimentName } = submission;
  if (experimentName.trim() === "" || experimentName.length > longestName) {
    problems.push(invalid("experiment_name", `1 to ${longestName} characters`, experimentName));
  }
  if (status === "Deprecated") problems.push(invalid("status", "Active or Disabled", status));
  const size = JSON.stringify(submission).length;
  if (size > longestSubmission) {
    const expected = `at most ${longestSubmission} characters of description, parameters and properties`;
    problems.push({
      code: "ScheduleTooLarge",
      field: "pipeline_parameters",
      expected,
      received: String(size),
    });
  }
  return problems;
}

function parseTrigger({ trigger }: ScheduleRequest): Parsed<Trigger> {
  if (trigger.kind === "change") return parseRule(trigger.rule);
  const parsed = parseRecurrence(trigger.recurrence);
  if (parsed.ok) return { ok: true, value: { kind: "recurrence", recurrence: parsed.value } };
  const prefixed = parsed.problems.map((problem) => ({
    ...problem,
    field: problem.field === "recurrence" ? problem.field : `recurrence.${problem.field}`,
  }));
  return { ok: false, problems: prefixed };
}

function parseRule({ filter: given, ...rule }: RequestedRule): Parsed<Trigger> {
  const problems: Problem[] = [];
  const path = normaliseFolder(rule.path);
  if (path === undefined) {
    const expected = "a folder without empty, . or .. segments and backslashes";
    problems.push(invalid("path_on_datastore", expected, rule.path));
  }
  const minutes = rule.pollingIntervalMinutes;
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > longestInterval) {
    const expected = `a whole number of minutes from 1 to ${longestInterval}`;
    problems.push(invalid("polling_interval", expected, String(minutes)));
  }
  const filter = parseChangeFilter(given ?? {});
  problems.push(...problemsOf(filter));
  if (path === undefined || !filter.ok || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { kind: "change", rule: { ...rule, path, ...told(filter.value) } } };
}

/** A filter that is v1's is not kept. */
const told = (filter: ChangeFilter): { readonly filter?: ChangeFilter } =>
  isDeepStrictEqual(filter, v1ChangeFilter) ? {} : { filter };

export function invalid(field: string, expected: string, received: string): Problem {
  return { code: "InvalidSchedule", field, expected, received: received.slice(0, 100) };
}
