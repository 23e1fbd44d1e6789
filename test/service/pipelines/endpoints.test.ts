import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { randomUUID } from "node:crypto";
import type { PipelineEndpoint } from "../../../src/pipelines/publishedPipelines";
import { definitionWith, requestOf, startPipelines, type PipelinesUnderTest } from "./pipelinesUnderTest";

let room: PipelinesUnderTest;
let pipelineId: string;

beforeAll(async () => {
  room = await startPipelines();
  const outcome = await room.pipelines.publish(requestOf(definitionWith(room.snapshotId)));
  pipelineId = outcome.status === "published" ? outcome.pipeline.id : "";
});
afterAll(() => room.storage.stop());

async function createEndpoint(name: string): Promise<PipelineEndpoint> {
  const outcome = await room.endpoints.create({ name, description: "", pipelineId, properties: {} });
  if (outcome.status !== "created") throw new Error(outcome.status);
  return outcome.endpoint;
}

describe("an endpoint", () => {
  test("is found by id and by its exact name, whatever letters the name has", async () => {
    const name = `Tumöur / #1 ${"日".repeat(240)}`;
    const endpoint = await createEndpoint(name);
    expect(endpoint).toMatchObject({ name, defaultVersion: "0", versions: [{ version: "0", pipelineId }] });
    expect(await room.endpoints.find(endpoint.id)).toEqual(endpoint);
    expect(await room.endpoints.findByName(name)).toEqual(endpoint);
    expect(await room.endpoints.findByName(name.toLowerCase())).toBeUndefined();
  });

  test("two creators of one name at the same time do not both win", async () => {
    const request = { name: "contested", description: "", pipelineId, properties: {} };
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => room.endpoints.create(request)));
    const statuses = outcomes.map(({ status }) => status);
    expect(statuses.filter((status) => status === "created")).toHaveLength(1);
    expect(statuses.filter((status) => status === "name-taken")).toHaveLength(4);
    const listed = await room.endpoints.list({ activeOnly: true });
    expect(listed.filter(({ name }) => name === "contested")).toHaveLength(1);
  });

  test("of a pipeline that is not there is refused", async () => {
    const unknown = { name: "lost", description: "", pipelineId: randomUUID(), properties: {} };
    expect(await room.endpoints.create(unknown)).toMatchObject({
      status: "refused",
      problems: [{ code: "UnknownPipeline", field: "PipelineId" }],
    });
    expect(await room.endpoints.findByName("lost")).toBeUndefined();
  });
});

describe("what a submission names", () => {
  test("is resolved by id, by endpoint and by endpoint name to the same pipeline", async () => {
    const { id, name } = await createEndpoint("resolved");
    const targets = [
      { kind: "pipeline", id: pipelineId },
      { kind: "endpoint", id, version: null },
      { kind: "endpoint", id, version: "0" },
      { kind: "endpointName", name, version: null },
    ] as const;
    for (const target of targets) {
      expect(await room.resolveTarget(target)).toMatchObject({
        status: "resolved",
        pipeline: { id: pipelineId },
        definition: definitionWith(room.snapshotId),
        endpointId: target.kind === "pipeline" ? null : id,
      });
    }
  });

  test("is told apart when it is not there: pipeline, endpoint or version", async () => {
    const { id } = await createEndpoint("versions");
    const codeOf = async (target: Parameters<typeof room.resolveTarget>[0]): Promise<string> => {
      const resolved = await room.resolveTarget(target);
      return resolved.status === "not-found" ? resolved.problem.code : resolved.status;
    };
    expect(await codeOf({ kind: "pipeline", id: randomUUID() })).toBe("UnknownPipeline");
    expect(await codeOf({ kind: "endpoint", id: randomUUID(), version: null })).toBe(
      "UnknownPipelineEndpoint",
    );
    expect(await codeOf({ kind: "endpointName", name: "none", version: null })).toBe(
      "UnknownPipelineEndpoint",
    );
    expect(await codeOf({ kind: "endpoint", id, version: "1" })).toBe("UnknownEndpointVersion");
  });

  test("does not run a disabled pipeline, not even through an active endpoint", async () => {
    const published = await room.pipelines.publish(requestOf(definitionWith(room.snapshotId)));
    const disabledId = published.status === "published" ? published.pipeline.id : "";
    await room.pipelines.setStatus(disabledId, "Disabled");
    const outcome = await room.endpoints.create({
      name: "of a disabled pipeline",
      description: "",
      pipelineId: disabledId,
      properties: {},
    });
    const endpointId = outcome.status === "created" ? outcome.endpoint.id : "";
    for (const target of [
      { kind: "pipeline", id: disabledId },
      { kind: "endpoint", id: endpointId, version: null },
    ] as const) {
      expect(await room.resolveTarget(target)).toMatchObject({
        status: "disabled",
        problem: { code: "PipelineDisabled" },
      });
    }
  });
});
