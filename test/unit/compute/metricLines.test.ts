import { expect, test } from "@jest/globals";
import { parseMetricLines } from "../../../src/compute/local/metricLines";

const createdUtc = "2026-03-01T10:00:00.000Z";
const line = (name: string, value: unknown, more: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ name, type: "scalar", value, createdUtc, ...more });

test("keeps the order in which the script logged", () => {
  const { metrics } = parseMetricLines(
    [line("loss", 0.7), line("acc", 0.9), line("loss", 0.6), ""].join("\n"),
  );
  expect(metrics.map(({ name, value }) => [name, value])).toEqual([
    ["loss", 0.7],
    ["acc", 0.9],
    ["loss", 0.6],
  ]);
});

test("a line that a kill cut off does not hide the ones before it", () => {
  const { metrics } = parseMetricLines(`${line("loss", 0.7)}\n{"name":"loss","type":"sca`);
  expect(metrics).toHaveLength(1);
});

test("what is no metric is left out", () => {
  expect(parseMetricLines('null\n[]\n{"name":"","type":"scalar"}\n42')).toMatchObject({
    metrics: [],
    tags: {},
  });
});

test("keeps a step, tells the pipeline run's values from the step's own, and lets the last value of a tag count", () => {
  const tag = (value: string, more = {}) => line("stage", value, { type: "tag", ...more });
  const text = [
    line("loss", 0.7, { step: 4 }),
    line("total", 2, { of: "parent" }),
    tag("first"),
    tag("whole", { of: "parent" }),
    tag("second"),
  ].join("\n");
  const value = { type: "scalar", loggedAt: createdUtc };
  expect(parseMetricLines(text)).toEqual({
    metrics: [{ ...value, name: "loss", value: 0.7, step: 4 }],
    tags: { stage: "second" },
    parent: { metrics: [{ ...value, name: "total", value: 2, step: null }], tags: { stage: "whole" } },
  });
});
