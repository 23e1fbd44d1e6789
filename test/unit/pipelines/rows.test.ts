import { describe, expect, test } from "@jest/globals";
import { decodeEndpointRow, encodeEndpointRow } from "../../../src/pipelines/pipelineEndpointStore";
import { decodePipelineRow, encodePipelineRow } from "../../../src/pipelines/pipelineRow";

const times = { createdAt: "2026-11-21T08:00:00.000Z", modifiedAt: "2026-11-21T09:00:00.000Z" };

const pipeline = {
  id: "5f0c6a1e-0000-4000-8000-000000000001",
  name: "tumour",
  description: "",
  version: null,
  graphId: "5f0c6a1e-0000-4000-8000-000000000002",
  status: "Active",
  stepCount: 3,
  continueOnStepFailure: null,
  properties: { "azureml.git.commit": "abc" },
  ...times,
} as const;

const pipelineRow = {
  pipelineId: "5f0c6a1e-0000-4000-8000-000000000001",
  name: "tumour",
  description: "",
  graphId: "5f0c6a1e-0000-4000-8000-000000000002",
  status: "Active",
  stepCount: 3,
  properties: '{"azureml.git.commit":"abc"}',
  ...times,
};

const endpoint = {
  id: "5f0c6a1e-0000-4000-8000-000000000003",
  name: "tumour",
  description: "always the default version",
  status: "Disabled",
  defaultVersion: "1",
  versions: [
    { version: "0", pipelineId: "p0" },
    { version: "1", pipelineId: "p1" },
  ],
  properties: {},
  ...times,
} as const;

const endpointRow = {
  endpointId: "5f0c6a1e-0000-4000-8000-000000000003",
  name: "tumour",
  description: "always the default version",
  status: "Disabled",
  defaultVersion: "1",
  versions: '[{"version":"0","pipelineId":"p0"},{"version":"1","pipelineId":"p1"}]',
  properties: "{}",
  ...times,
};

/** What the storage adds to a row. */
const stored = { partitionKey: "all", rowKey: "n:1:2", etag: 'W/"1"', timestamp: times.createdAt };

describe("rows that earlier versions have written stay readable", () => {
  test("of a pipeline, with and without what may be absent", () => {
    expect(encodePipelineRow(pipeline)).toEqual(pipelineRow);
    expect(decodePipelineRow({ ...pipelineRow, ...stored })).toEqual({ ...pipeline, etag: stored.etag });
    const full = { ...pipeline, version: "7", continueOnStepFailure: false };
    expect(decodePipelineRow({ ...encodePipelineRow(full), ...stored })).toEqual({
      ...full,
      etag: stored.etag,
    });
  });

  test("of an endpoint", () => {
    expect(encodeEndpointRow(endpoint)).toEqual(endpointRow);
    expect(decodeEndpointRow({ ...endpointRow, ...stored })).toEqual({ ...endpoint, etag: stored.etag });
  });

  test("a damaged row is a defect and not an entity with holes", () => {
    expect(() => decodePipelineRow({ ...pipelineRow, ...stored, status: "Gone" })).toThrow();
    expect(() => decodeEndpointRow({ ...endpointRow, ...stored, versions: "{}" })).toThrow();
  });
});
