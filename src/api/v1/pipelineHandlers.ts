/** Published pipelines. Source: spec azureml-v1-wire.md §3.3, §6.2. */
import { pipelineEntity, type PipelineCreation } from "../../contract/pipelineEntity";
import { routesOf } from "../../contract/routes";
import type { PublishedPipeline } from "../../pipelines/publishedPipelines";
import { done, json, refuse, type Answer } from "../answer";
import type { ApiRooms } from "../apiRooms";
import { isActiveOnly } from "../query";
import { refuseProblems } from "../refuseProblems";
import type { Call } from "../route";
import { defaultAssignments } from "./assignmentTexts";
import { definitionOf } from "./pipelineDefinition";

export async function createPipeline({ rooms, body }: Call<PipelineCreation>): Promise<Answer> {
  const definition = await definitionOf(rooms, body);
  if (!definition.ok) return refuseProblems(definition.problems);
  const outcome = await rooms.pipelines.publish({
    name: body.name,
    description: body.description,
    version: body.version,
    definition: definition.value,
    graph: JSON.stringify(body.graph),
    graphInterface: JSON.stringify(body.graphInterface),
    continueOnStepFailure: body.continueOnStepFailure,
    properties: body.properties,
  });
  if (outcome.status === "refused") return refuseProblems(outcome.problems);
  return json(await encodePipeline(rooms, outcome.pipeline));
}

export async function getPipeline({ rooms, param }: Call): Promise<Answer> {
  const pipeline = await rooms.pipelines.find(param("id"));
  return pipeline === undefined ? noPipeline(param("id")) : json(await encodePipeline(rooms, pipeline));
}

export async function listPipelines(call: Call): Promise<Answer> {
  const pipelines = await call.rooms.pipelines.list({ activeOnly: isActiveOnly(call) });
  return json(await Promise.all(pipelines.map((pipeline) => encodePipeline(call.rooms, pipeline))));
}

/** The body is a JSON text. An active schedule would go on firing, so it has to be disabled first. */
export async function setPipelineStatus({
  rooms,
  param,
  body,
}: Call<"Active" | "Deprecated" | "Disabled">): Promise<Answer> {
  const id = param("id");
  if (body !== "Active" && (await isScheduled(rooms, id))) {
    return refuse("PipelineScheduled", `Pipeline ${id} has an active schedule.`);
  }
  return (await rooms.pipelines.setStatus(id, body)) === "not-found" ? noPipeline(id) : done;
}

async function isScheduled({ schedules }: ApiRooms, pipelineId: string): Promise<boolean> {
  const found = await schedules.list({ kind: "pipeline", pipelineId });
  return found.some(({ status }) => status === "Active");
}

async function encodePipeline(rooms: ApiRooms, pipeline: PublishedPipeline): Promise<unknown> {
  const { config } = rooms.workspace;
  const definition = await rooms.pipelines.definition(pipeline.id);
  return pipelineEntity.encode({
    id: pipeline.id,
    name: pipeline.name,
    description: pipeline.description,
    version: pipeline.version,
    graphId: pipeline.graphId,
    stepCount: pipeline.stepCount,
    parameterAssignments: defaultAssignments(definition.parameters),
    dataSetAssignments: {},
    url: config.selfUrl + routesOf(config).submitPipeline(pipeline.id),
    entityStatus: pipeline.status,
    continueOnStepFailure: pipeline.continueOnStepFailure,
    enableNotification: null,
    properties: pipeline.properties,
    createdAt: pipeline.createdAt,
    modifiedAt: pipeline.modifiedAt,
    etag: pipeline.etag,
  });
}

const noPipeline = (id: string): Answer =>
  refuse("PipelineNotFound", `There is no published pipeline ${id}.`);
