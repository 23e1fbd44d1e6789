/**
 * What a schedule's request says by itself, before anything is looked up: all problems at once, in v1's names of the
 * arguments. Pure. Source: spec azureml-v1.md §5.4–5.6.
 */
import type { Parsed, Problem } from "../model/problem";
import { parseRecurrence } from "../model/recurrence";
import { normaliseFolder } from "./changeRule";
import type { ChangeRule, ScheduleRequest, Trigger } from "./schedules";

const longestName = 255;
/** A row holds 32 KB; the rest of it is small. */
const longestSubmission = 24_000;

/** The trigger in the form that is kept. */
export function parseScheduleForm(request: ScheduleRequest): Parsed<Trigger> {
  const problems = findPlainProblems(request);
  const trigger = parseTrigger(request);
  if (trigger.ok && problems.length === 0) return trigger;
  return { ok: false, problems: [...problems, ...(trigger.ok ? [] : trigger.problems)] };
}

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

function parseRule(rule: ChangeRule): Parsed<Trigger> {
  const problems: Problem[] = [];
  const path = normaliseFolder(rule.path);
  if (path === undefined) {
    const expected = "a folder without empty, . or .. segments and backslashes";
    problems.push(invalid("path_on_datastore", expected, rule.path));
  }
  const minutes = rule.pollingIntervalMinutes;
  if (!Number.isInteger(minutes) || minutes < 1) {
    problems.push(invalid("polling_interval", "a whole number of minutes from 1", String(minutes)));
  }
  if (path === undefined || problems.length > 0) return { ok: false, problems };
  return { ok: true, value: { kind: "change", rule: { ...rule, path } } };
}

export function invalid(field: string, expected: string, received: string): Problem {
  return { code: "InvalidSchedule", field, expected, received: received.slice(0, 100) };
}
