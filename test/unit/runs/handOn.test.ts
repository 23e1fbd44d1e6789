import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { decide } from "../../../src/runs/decide";
import { soleSuccessors } from "../../../src/runs/handOn";
import type { PlannedStep, RunPlan } from "../../../src/runs/plan";

const planned = (stepId: string, ...predecessors: string[]): PlannedStep => ({
  stepId,
  stepRunId: `run of ${stepId}`,
  name: stepId,
  version: null,
  predecessors,
  computeTarget: "local",
  snapshotId: "snapshot",
  hashedPaths: null,
  script: "main.py",
  arguments: [],
  inputs: [],
  outputs: [],
  parameters: {},
  environment: {},
  pythonEnvironment: null,
  runSettings: {},
  timeoutMs: null,
  retries: null,
  reuse: "allowed",
});

const planOf = (...steps: PlannedStep[]): RunPlan => ({
  runId: "run",
  experimentName: "e",
  parentRunId: null,
  continueOnStepFailure: true,
  pipelineName: "p",
  steps,
});

describe("after a finished step", () => {
  test.each([
    ["the next of a chain starts", planOf(planned("a"), planned("b", "a")), ["b"]],
    [
      "all that wait for it alone start",
      planOf(planned("a"), planned("b", "a"), planned("c", "a")),
      ["b", "c"],
    ],
    ["the run decides when there is no next", planOf(planned("a"), planned("b")), undefined],
    [
      "the run decides when one that comes next waits for others too",
      planOf(planned("a"), planned("x"), planned("b", "a"), planned("join", "a", "x")),
      undefined,
    ],
  ])("%s", (_title, plan, expected) => {
    expect(soleSuccessors(plan, "a")).toEqual(expected);
  });

  test("starts nothing that the run's own decision would not start", () => {
    const graphs = fc.integer({ min: 2, max: 12 }).chain((size) =>
      fc
        .array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size })
        .map((wanted) =>
          planOf(
            ...wanted.map((before, at) => {
              const earlier = [...new Set(before)].filter((one) => one < at).map((one) => `s${one}`);
              return planned(`s${at}`, ...earlier.sort());
            }),
          ),
        ),
    );
    fc.assert(
      fc.property(
        graphs,
        fc.nat(11),
        fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
        (plan, at, done) => {
          const stepId = `s${at % plan.steps.length}`;
          const states = plan.steps.map((step, index) => ({
            stepId: step.stepId,
            status:
              step.stepId === stepId || done[index] === true ? ("finished" as const) : ("waiting" as const),
            reason: null,
          }));
          const waiting = new Set(
            states.filter(({ status }) => status === "waiting").map((one) => one.stepId),
          );
          const started = (soleSuccessors(plan, stepId) ?? []).filter((one) => waiting.has(one));
          expect(decide({ ...plan, timeoutMs: null }, states, "running").start).toEqual(
            expect.arrayContaining(started),
          );
        },
      ),
    );
  });
});
