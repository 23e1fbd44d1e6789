import { describe, expect, test } from "@jest/globals";
import { fileProblemText } from "../../../../src/model/yaml/fileProblem";
import { scheduleFromYaml } from "../../../../src/model/yaml/scheduleFromYaml";
import { exampleFile, testOfExamples } from "./exampleFiles";

function accepted(text: string) {
  const read = scheduleFromYaml("s.yml", text);
  if (!read.ok) throw new Error(read.problems.map(fileProblemText).join("\n"));
  return read;
}

const problems = (text: string) => {
  const read = scheduleFromYaml("s.yml", text);
  return (read.ok ? read.warnings : read.problems).map(({ line, code, field }) => `${line} ${code} ${field}`);
};

describe("a schedule file", () => {
  testOfExamples("of v1 with a clock loads as it is", () => {
    expect(accepted(exampleFile("weekly.schedule.yml"))).toMatchObject({
      warnings: [],
      value: {
        pipelineParameters: { learning_rate: 0.02, epochs: 30 },
        trigger: {
          kind: "recurrence",
          recurrence: {
            frequency: "Week",
            timeZone: "W. Europe Standard Time",
            schedule: { hours: [18], minutes: [30], weekDays: ["Monday", "Thursday"] },
          },
        },
      },
    });
  });

  testOfExamples("of v1 that watches a folder loads as it is", () => {
    expect(accepted(exampleFile("inbox.schedule.yml"))).toMatchObject({
      warnings: [],
      value: {
        continueOnStepFailure: false,
        trigger: {
          kind: "change",
          datastore: "workspaceblobstore",
          path: "inbox",
          dataPathParameter: "inbox",
        },
      },
    });
  });

  test("may leave out what v1 wants written as null", () => {
    const { value } = accepted("Schedule: {recurrence: {frequency: Hour}}");
    expect(value.trigger).toMatchObject({ recurrence: { frequency: "Hour", interval: 1, schedule: null } });
    expect(accepted("Schedule: {datastore_name: d}").value.trigger).toMatchObject({ pollingInterval: 5 });
  });

  test.each([
    ["no Schedule", "schedule: {}", ["1 InvalidFile Schedule"]],
    ["neither kind of trigger", "Schedule: {}", ["1 InvalidFile Schedule"]],
    ["both kinds", "Schedule: {datastore_name: d, recurrence: {frequency: Day}}", ["1 InvalidFile Schedule"]],
    [
      "a wrong word",
      "Schedule:\n  recurrence:\n    frequency: Year",
      ["3 InvalidRecurrence Schedule.recurrence.frequency"],
    ],
    [
      "hours as a text",
      "Schedule:\n  recurrence: {frequency: Day, hours: '1,2'}",
      ["2 InvalidFile Schedule.recurrence.hours"],
    ],
    [
      "the text None for a boolean",
      "Schedule:\n  continue_on_step_failure: None\n  datastore_name: d",
      ["2 InvalidFile Schedule.continue_on_step_failure"],
    ],
    [
      "a misspelt key, which is a warning",
      "Schedule:\n  datastore: d\n  datastore_name: d",
      ["2 UnknownKey Schedule.datastore"],
    ],
  ])("names the place: %s", (_what, text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});
