/** Graphs of published pipelines, given back exactly as they were uploaded. Source: spec azureml-v1-wire.md §3.3, §4.5. */
import { json, refuse, type Answer } from "../answer";
import type { Call } from "../route";

export async function getGraph(call: Call): Promise<Answer> {
  const found = await call.rooms.pipelines.findGraph(call.param("id"));
  return found === undefined ? noGraph(call) : json(withId(call.param("id"), found.graph));
}

export async function getGraphInterface(call: Call): Promise<Answer> {
  const found = await call.rooms.pipelines.findGraph(call.param("id"));
  return found === undefined ? noGraph(call) : json(withId(call.param("id"), found.graphInterface));
}

function withId(id: string, uploaded: string): unknown {
  const value = JSON.parse(uploaded) as unknown;
  return typeof value === "object" && value !== null ? { ...value, Id: id } : value;
}

const noGraph = (call: Call): Answer => refuse("GraphNotFound", `There is no graph ${call.param("id")}.`);
