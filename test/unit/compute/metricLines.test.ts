import { expect, test } from "@jest/globals";
import { parseMetricLines } from "../../../src/compute/local/metricLines";

const line = (name: string, value: unknown): string =>
  JSON.stringify({ name, type: "scalar", value, createdUtc: "2026-03-01T10:00:00.000Z" });

test("keeps the order in which the script logged", () => {
  const metrics = parseMetricLines([line("loss", 0.7), line("acc", 0.9), line("loss", 0.6), ""].join("\n"));
  expect(metrics.map(({ name, value }) => [name, value])).toEqual([
    ["loss", 0.7],
    ["acc", 0.9],
    ["loss", 0.6],
  ]);
});

test("a line that a kill cut off does not hide the ones before it", () => {
  const metrics = parseMetricLines(`${line("loss", 0.7)}\n{"name":"loss","type":"sca`);
  expect(metrics).toHaveLength(1);
});

test("what is no metric is left out", () => {
  expect(parseMetricLines('null\n[]\n{"name":"","type":"scalar"}\n42')).toEqual([]);
});
