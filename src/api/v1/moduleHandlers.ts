/** Modules: what graphs refer to as the work of a step. Source: spec azureml-v1-wire.md §3.3, §4.2. */
import { moduleCreation } from "../../contract/graphModule";
import { decode } from "../../contract/wireType";
import type { UploadedEntity } from "../../pipelines/uploadedEntityStore";
import { json, refuse, type Answer } from "../answer";
import { refuseProblems } from "../refuseProblems";
import type { Call } from "../route";
import { parseUploaded } from "./uploadedText";

/** The body is kept as it came: v1's client reads it back, and the graph's schema reads it at publication. */
export async function createModule({ rooms, body }: Call<unknown>): Promise<Answer> {
  const creation = decode(moduleCreation, body);
  if (!creation.ok) return refuseProblems(creation.problems);
  const { fingerprint } = creation.value;
  return json(moduleOf(await rooms.modules.create({ fingerprint, text: JSON.stringify(body) })));
}

export async function getModule({ rooms, param }: Call): Promise<Answer> {
  const found = await rooms.modules.find(param("id"));
  return found === undefined ? noModule("of that id") : json(withInterface(found));
}

export async function getModuleByHash({ rooms, param }: Call): Promise<Answer> {
  const found = await rooms.modules.findNewest(param("fingerprint"));
  return found === undefined ? noModule("with that fingerprint") : json(withInterface(found));
}

function withInterface(entity: UploadedEntity): unknown {
  return { Data: moduleOf(entity), Interface: parseUploaded(entity)["StructuredInterface"] ?? {} };
}

/** A module is complete from the start: a client takes only a completed one for a hit. */
function moduleOf(entity: UploadedEntity): unknown {
  return {
    ...parseUploaded(entity),
    Id: entity.id,
    UploadState: "Completed",
    EntityStatus: "Active",
    CreatedDate: entity.createdAt,
    LastModifiedDate: entity.createdAt,
  };
}

const noModule = (which: string): Answer => refuse("ModuleNotFound", `There is no module ${which}.`);
