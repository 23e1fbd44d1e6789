import { describe, expect, test } from "@jest/globals";
import { metricList, metricSeries } from "../../../src/contract/metrics";
import { decode } from "../../../src/contract/wireType";
import type { RunFilter } from "../../../src/runs/runs";
import { apiUnderTest, codeOf, routes, ws, type RoomParts, type Sent } from "./apiUnderTest";
import { aMetric, aRun, aStep } from "./records";

const send = (request: Sent, parts: RoomParts) => apiUnderTest(parts).send(request);

describe("run history", () => {
  const parts: RoomParts = {
    runs: {
      find: (id) => Promise.resolve(id === "run-1" ? aRun() : undefined),
      findStepRun: () => Promise.resolve(undefined),
      steps: () =>
        Promise.resolve([
          aStep({ stepRunId: "s1", startedAt: "2026-11-21T07:00:05.000Z" }),
          aStep({ stepRunId: "s2", startedAt: null, status: "waiting" }),
          aStep({ stepRunId: "s3", startedAt: "2026-11-21T07:00:01.000Z" }),
        ]),
      list: () => Promise.resolve({ items: [], continuationToken: null }),
    },
  };
  const ids = (body: unknown) => (body as { value: { runId: string }[] }).value.map(({ runId }) => runId);

  test("does not show a run under an experiment that it is not of", async () => {
    const answer = await send({ path: routes.historyRun("other", "run-1") }, parts);
    expect([answer.status, codeOf(answer)]).toEqual([404, "RunNotFound"]);
  });

  test("marks a reused step by v1's properties, and says why", async () => {
    const from = { runId: "run-0", stepId: "n0", stepRunId: "step-run-0" };
    const reuse = { decision: "reused" as const, reason: "nothing changed since run run-0", from };
    const one = { runs: { ...parts.runs, steps: () => Promise.resolve([aStep({ reuse })]) } };
    const answer = await send({ path: routes.historyRunChildren("tumour", "run-1") }, one);
    expect(answer.body).toMatchObject({
      value: [
        {
          properties: {
            "azureml.reusedrunid": "step-run-0",
            "azureml.reusednodeid": "n0",
            "azureml.reusedpipeline": "run-0",
            "sluice.reuse": "reused",
            "sluice.reuseReason": "nothing changed since run run-0",
          },
        },
      ],
    });
  });

  test("does not mark a step that ran as reused, and says what changed against which run", async () => {
    const reuse = { decision: "ran" as const, reason: "main.py changed", comparedWith: "run-0" };
    const one = { runs: { ...parts.runs, steps: () => Promise.resolve([aStep({ reuse })]) } };
    const answer = await send({ path: routes.historyRunChildren("tumour", "run-1") }, one);
    const { value } = answer.body as { value: { properties: Record<string, string> }[] };
    expect(value[0]!.properties).toMatchObject({
      "sluice.reuse": "ran",
      "sluice.reuseReason": "main.py changed",
      "sluice.reuseComparedWith": "run-0",
    });
    expect(Object.keys(value[0]!.properties).filter((key) => key.startsWith("azureml.reused"))).toEqual([]);
  });

  test("shows a run under the experiment's id as well, as a script inside a step asks for it", async () => {
    const named = await send({ path: routes.historyRun("tumour", "run-1") }, parts);
    const { experimentId } = named.body as { experimentId: string };
    const path = `/history/v1.0/${ws}/experimentids/${experimentId}/runs/run-1`;
    expect((await send({ path }, parts)).body).toEqual(named.body);
    expect((await send({ path: path.replace(experimentId, "x") }, parts)).status).toBe(404);
  });

  test("shows steps that wait as children too, in the order of the pipeline", async () => {
    const answer = await send({ path: routes.historyRunChildren("tumour", "run-1") }, parts);
    expect(ids(answer.body)).toEqual(["s1", "s2", "s3"]);
  });

  test("shows the runs that were submitted with it as their parent after its steps", async () => {
    const asked: RunFilter[] = [];
    const items = [aRun({ runId: "child", parentRunId: "run-1", rootRunId: "run-1" })];
    const list = (filter: RunFilter) => {
      asked.push(filter);
      return Promise.resolve({ items, continuationToken: null });
    };
    const one = { runs: { ...parts.runs, list } };
    const { body } = await send({ path: routes.historyRunChildren("tumour", "run-1") }, one);
    expect(ids(body)).toEqual(["s1", "s2", "s3", "child"]);
    expect(asked).toEqual([{ kind: "parent", parentRunId: "run-1" }]);
    const ofStep = { ...one.runs, findStepRun: () => Promise.resolve(aStep({ stepRunId: "s1" })) };
    const path = routes.historyRunChildren("tumour", "s1");
    expect(ids((await send({ path }, { runs: ofStep })).body)).toEqual(["child"]);
  });

  test("pages through children, and tells each of them once", async () => {
    const path = `${routes.historyRunChildren("tumour", "run-1")}?$top=2`;
    const first = await send({ path }, parts);
    expect([ids(first.body), first.body]).toMatchObject([["s1", "s2"], { continuationToken: "2" }]);
    const second = await send({ path: `${path}&$continuationToken=2` }, parts);
    expect([ids(second.body), second.body]).toMatchObject([["s3"], { continuationToken: null }]);
    expect((await send({ path: `${path}&$continuationToken=-1` }, parts)).status).toBe(400);
  });

  test("orders children by their start when v1's client asks for it, what has not started as newest", async () => {
    const path = `${routes.historyRunChildren("tumour", "run-1")}?$orderby=StartTimeUtc%20desc&$top=500`;
    expect(ids((await send({ path }, parts)).body)).toEqual(["s2", "s1", "s3"]);
  });

  test("refuses an order that it does not have and never answers in another one", async () => {
    const path = `${routes.historyRunChildren("tumour", "run-1")}?$orderby=Name`;
    expect(codeOf(await send({ path }, parts))).toBe("UnsupportedFilter");
  });
});

describe("query of runs", () => {
  const asked: { filter: RunFilter; top: number; token: string | null; isScan: boolean }[] = [];
  const parts: RoomParts = {
    runs: {
      list: (filter, top, token, isWanted = null) => {
        asked.push({ filter, top, token, isScan: isWanted !== null });
        const items = [aRun()].filter((run) => isWanted?.(run) ?? true);
        return Promise.resolve({ items, continuationToken: "next" });
      },
    },
  };
  const query = async (path: string, body: unknown) => {
    asked.length = 0;
    return send({ method: "POST", path, body }, parts);
  };

  test("of all experiments gives one page and the token of the next", async () => {
    const answer = await query(routes.queryRuns, {
      top: 7,
      continuationToken: "here",
      orderby: "CreatedUtc desc",
    });
    expect(asked).toEqual([{ filter: { kind: "all" }, top: 7, token: "here", isScan: false }]);
    expect(answer.body).toMatchObject({ value: [{ runId: "run-1" }], continuationToken: "next" });
  });

  test("of one experiment understands what v1's client sends", async () => {
    const body = { filter: "(ParentRunId eq null)", orderby: "StartTimeUtc desc", top: 500 };
    expect((await query(routes.queryExperimentRuns("a b"), body)).status).toBe(200);
    const filter = { kind: "experiment", experimentName: "a b" };
    expect(asked).toEqual([{ filter, top: 500, token: null, isScan: true }]);
  });

  test.each([
    [0, 1],
    [-5, 1],
    [100_000, 500],
  ])("asked for %d runs it reads %d, so that no call costs more than a page", async (top, read) => {
    await query(routes.queryRuns, { top });
    expect(asked[0]?.top).toBe(read);
  });

  test.each([
    ['Properties/azureml.pipelineid eq "p-1"', { kind: "pipeline", pipelineId: "p-1" }, false],
    ["(Properties/sluice.scheduleId eq 's-1')", { kind: "schedule", scheduleId: "s-1" }, false],
    ['ParentRunId eq "r-1" and Status eq "Failed"', { kind: "parent", parentRunId: "r-1" }, true],
    ['Properties/azureml.pipelineid eq "p-1" or Status eq "Failed"', { kind: "all" }, true],
    ['Properties/azureml.pipelineid ne "p-1"', { kind: "all" }, true],
    ['Status eq "Failed"', { kind: "all" }, true],
  ])("reads the shortest list that can have what %s means", async (filter, list, isScan) => {
    await query(routes.queryRuns, { filter });
    expect(asked).toEqual([{ filter: list, top: 100, token: null, isScan }]);
  });

  test.each([
    { filter: '(ParentRunId eq null) and (Metrics/k eq "v")' },
    { filter: 'Status gt "Completed"' },
    { filter: "(Status eq 'Completed'" },
    { orderby: "StartTimeUtc asc" },
  ])("refuses %j and never answers as if it had been heard", async (body) => {
    const answer = await query(routes.queryRuns, body);
    expect([answer.status, codeOf(answer), asked]).toEqual([400, "UnsupportedFilter", []]);
  });
});

describe("metrics", () => {
  const records = [
    aMetric({ index: 0, value: 1 }),
    aMetric({ index: 1, name: "confusion", type: "table", value: { actual: ["a", "b"], hits: [3, 4.5] } }),
    aMetric({ index: 2, value: 0.5 }),
    aMetric({ index: 3, name: "row", type: "row", value: { a: 1, ok: true } }),
    aMetric({ index: 4, name: "list", type: "list", value: [1, 2] }),
    aMetric({ index: 5, name: "mixed", type: "list", value: [1, "x"] }),
    aMetric({ index: 6, value: 0.25, step: 9 }),
    aMetric({ index: 7, name: "plot", type: "image", value: "aml://artifactId/x" }),
  ];
  const parts: RoomParts = {
    runs: {
      metrics: () => Promise.resolve(records),
      // Two values a page, and a page without any, as a filtering service gives them.
      metricPage: (_, name, token) => {
        const named = records.filter((record) => record.name === name);
        const from = Number(token ?? "-2");
        const next = from + 2 < named.length ? String(from + 2) : null;
        return Promise.resolve({
          items: from < 0 ? [] : named.slice(from, from + 2),
          continuationToken: next,
        });
      },
      find: () => Promise.resolve(aRun()),
    },
  };
  const full = async (metricName: string, continuationToken: string | null = null) => {
    const body = { metricName, continuationToken };
    const answer = await send({ method: "POST", path: routes.metricFull("s"), body }, parts);
    const decoded = decode(metricSeries, answer.body);
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.problems));
    return decoded.value;
  };

  test("are listed by name in the order of their first value", async () => {
    const answer = await send({ method: "POST", path: routes.metricList("s"), body: {} }, parts);
    const decoded = decode(metricList, answer.body);
    expect(decoded.ok && decoded.value.value.map(({ metricKey }) => metricKey.name)).toEqual([
      "loss",
      "confusion",
      "row",
      "list",
      "mixed",
      "plot",
    ]);
  });

  test("logged again and again under one name are one series that loses no value and no order", async () => {
    const series = await full("loss");
    expect(series.value.map(({ data }) => data)).toEqual([{ loss: 1 }, { loss: 0.5 }]);
    expect([series.columns, series.properties.uxMetricType]).toEqual([
      { loss: "double" },
      "azureml.v1.scalar",
    ]);
  });

  test("go on from page to page, with the step that the script gave", async () => {
    const first = await full("loss");
    const { value, continuationToken } = await full("loss", first.continuationToken);
    expect(value.map(({ data, step }) => [data, step])).toEqual([[{ loss: 0.25 }, 9]]);
    expect([first.value.map(({ step }) => step), continuationToken]).toEqual([[null, null], null]);
  });

  test.each([
    [
      "confusion",
      "azureml.v1.table",
      { actual: "string", hits: "double" },
      [
        { actual: "a", hits: 3 },
        { actual: "b", hits: 4.5 },
      ],
    ],
    ["row", "azureml.v1.table", { a: "int", ok: "bool" }, [{ a: 1, ok: true }]],
    ["list", "azureml.v1.list", { list: "int" }, [{ list: 1 }, { list: 2 }]],
    ["mixed", "azureml.v1.list", { mixed: "string" }, [{ mixed: 1 }, { mixed: "x" }]],
    ["plot", "azureml.v1.image", { plot: "string" }, [{ plot: "aml://artifactId/x" }]],
  ])("called %s is told as %s with typed columns", async (name, type, columns, rows) => {
    const series = await full(name);
    expect([series.properties.uxMetricType, series.columns, series.value.map(({ data }) => data)]).toEqual([
      type,
      columns,
      rows,
    ]);
  });

  test("of a run that is not there are not an empty list", async () => {
    const gone = {
      metrics: () => Promise.resolve([]),
      find: () => Promise.resolve(undefined),
      findStepRun: () => Promise.resolve(undefined),
    };
    const answer = await send({ method: "POST", path: routes.metricList("s"), body: {} }, { runs: gone });
    expect(codeOf(answer)).toBe("RunNotFound");
  });
});

describe("outputs of a run", () => {
  const at = (path: string) => ({ datastore: "workspaceblobstore", path });
  const parts: RoomParts = {
    runs: {
      outputs: (id) =>
        Promise.resolve(
          id === "run-1"
            ? [
                { stepId: "n1", port: "parts", dataPath: at("azureml/s1/parts"), pipelineOutputName: null },
                { stepId: "n2", port: "model", dataPath: at("azureml/s2/model"), pipelineOutputName: "best" },
              ]
            : undefined,
        ),
    },
  };
  const wire = (path: string) => ({
    DataTypeId: "AnyDirectory",
    DataLocation: {
      StorageType: "AzureBlob",
      DataReference: {
        Type: "AzureBlob",
        AzureBlobReference: { RelativePath: path, AmlDataStoreName: "workspaceblobstore" },
      },
    },
  });

  test("of one step are told by port", async () => {
    const request = { method: "POST" as const, path: routes.stepOutputs("run-1"), body: ["n1"] };
    expect((await send(request, parts)).body).toEqual({ parts: wire("azureml/s1/parts") });
  });

  test("that the pipeline exposes are found by name", async () => {
    const answer = await send({ path: routes.pipelineOutput("run-1", "best") }, parts);
    expect(answer.body).toEqual(wire("azureml/s2/model"));
  });

  test("of a run that is not there are not an empty map", async () => {
    const request = { method: "POST" as const, path: routes.stepOutputs("run-2"), body: ["n1"] };
    const answers = [
      await send(request, parts),
      await send({ path: routes.pipelineOutput("run-2", "b") }, parts),
    ];
    expect(answers.map(codeOf)).toEqual(["RunNotFound", "RunNotFound"]);
  });
});
