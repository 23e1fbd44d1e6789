/** Rows of published pipelines. Table `Pipelines`, one partition: see `listedRows.ts` for the keys. */
import { z } from "zod";
import type { PublishedPipeline } from "./publishedPipelines";

const columns = z.object({
  pipelineId: z.string(),
  name: z.string(),
  description: z.string(),
  version: z.string().optional(),
  graphId: z.string(),
  status: z.enum(["Active", "Deprecated", "Disabled"]),
  stepCount: z.number(),
  continueOnStepFailure: z.boolean().optional(),
  properties: z.string(),
  createdAt: z.string(),
  modifiedAt: z.string(),
  etag: z.string(),
});

const texts = z.record(z.string(), z.string());

type Fields = Omit<PublishedPipeline, "etag">;

/** Null columns are left out: a table has no null. */
export function encodePipelineRow(pipeline: Fields): Record<string, string | number | boolean> {
  const { id, version, continueOnStepFailure, properties, ...rest } = pipeline;
  return {
    ...rest,
    pipelineId: id,
    properties: JSON.stringify(properties),
    ...(version === null ? {} : { version }),
    ...(continueOnStepFailure === null ? {} : { continueOnStepFailure }),
  };
}

export function decodePipelineRow(row: unknown): PublishedPipeline {
  const { pipelineId, version, continueOnStepFailure, properties, ...rest } = columns.parse(row);
  return {
    ...rest,
    id: pipelineId,
    version: version ?? null,
    continueOnStepFailure: continueOnStepFailure ?? null,
    properties: texts.parse(JSON.parse(properties)),
  };
}
