/** Outputs of runs as v1's client asks for them: those of a step by port, or one that the pipeline exposes by name. */
import { nodeOutput, nodeOutputs, type NodeOutput } from "../../contract/runOutputs";
import type { DataPath } from "../../model/definition";
import { json, refuse, type Answer } from "../answer";
import type { Call } from "../route";

/** v1's client names one step; of several, ports of the same name are those of the last. */
export async function listStepOutputs({ rooms, param, body }: Call<readonly string[]>): Promise<Answer> {
  const outputs = await rooms.runs.outputs(param("id"));
  if (outputs === undefined) return noRun(param("id"));
  const asked = outputs.filter(({ stepId }) => body.includes(stepId));
  return json(
    nodeOutputs.encode(Object.fromEntries(asked.map(({ port, dataPath }) => [port, outputAt(dataPath)]))),
  );
}

export async function getPipelineOutput({ rooms, param }: Call): Promise<Answer> {
  const outputs = await rooms.runs.outputs(param("id"));
  if (outputs === undefined) return noRun(param("id"));
  const found = outputs.find(({ pipelineOutputName }) => pipelineOutputName === param("name"));
  return found === undefined
    ? refuse("PipelineOutputNotFound", "The pipeline of this run exposes no output of that name.")
    : json(nodeOutput.encode(outputAt(found.dataPath)));
}

function outputAt({ datastore, path }: DataPath): NodeOutput {
  return {
    dataType: "AnyDirectory",
    location: {
      storageType: "AzureBlob",
      reference: { type: "AzureBlob", blob: { path, datastore } },
    },
  };
}

const noRun = (id: string): Answer => refuse("RunNotFound", `There is no run ${id}.`);
