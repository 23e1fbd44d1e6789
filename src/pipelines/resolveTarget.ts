/** From what a submission names to the one published pipeline that it means now. Source: spec azureml-v1.md §4.5. */
import { assertNever } from "../model/assertNever";
import type { Problem } from "../model/problem";
import type {
  PipelineEndpoint,
  PipelineEndpoints,
  PipelineTarget,
  PublishedPipelines,
  ResolvedTarget,
  ResolveTarget,
} from "./publishedPipelines";

interface Dependencies {
  readonly pipelines: PublishedPipelines;
  readonly endpoints: PipelineEndpoints;
}

export function createResolveTarget({ pipelines, endpoints }: Dependencies): ResolveTarget {
  const resolvePipeline = async (id: string, endpointId: string | null): Promise<ResolvedTarget> => {
    const pipeline = await pipelines.find(id);
    if (pipeline === undefined) return notFound("UnknownPipeline", "a published pipeline's id", id);
    if (pipeline.status === "Disabled")
      return disabled("PipelineDisabled", "an active published pipeline", id);
    return { status: "resolved", pipeline, definition: await pipelines.definition(id), endpointId };
  };

  const resolveEndpoint = (
    endpoint: PipelineEndpoint | undefined,
    named: string,
    version: string | null,
  ): ResolvedTarget | Promise<ResolvedTarget> => {
    if (endpoint === undefined) return notFound("UnknownPipelineEndpoint", "a pipeline endpoint", named);
    if (endpoint.status === "Disabled") {
      return disabled("PipelineEndpointDisabled", "an active pipeline endpoint", named);
    }
    const wanted = version ?? endpoint.defaultVersion;
    const found = endpoint.versions.find((entry) => entry.version === wanted);
    if (found !== undefined) return resolvePipeline(found.pipelineId, endpoint.id);
    const known = endpoint.versions.map((entry) => entry.version).join(", ");
    return notFound("UnknownEndpointVersion", `one of the versions ${known} of ${endpoint.name}`, wanted);
  };

  return async (target: PipelineTarget) => {
    switch (target.kind) {
      case "pipeline":
        return resolvePipeline(target.id, null);
      case "endpoint":
        return resolveEndpoint(await endpoints.find(target.id), target.id, target.version);
      case "endpointName":
        return resolveEndpoint(await endpoints.findByName(target.name), target.name, target.version);
      default:
        return assertNever(target);
    }
  };
}

function notFound(code: string, expected: string, received: string): ResolvedTarget {
  return { status: "not-found", problem: problem(code, expected, received) };
}

function disabled(code: string, expected: string, received: string): ResolvedTarget {
  return { status: "disabled", problem: problem(code, expected, received) };
}

function problem(code: string, expected: string, received: string): Problem {
  return { code, field: "target", expected, received: received.slice(0, 200) };
}
