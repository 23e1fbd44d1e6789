/** The JSON Schema of pipeline files, for editors: what the reader takes without a warning. */
import { z } from "zod";
import { pipelineFile } from "./pipelineFile";

/** Ends with a newline, as a file does. */
export function pipelineSchemaText(): string {
  const schema = z.toJSONSchema(pipelineFile, { io: "input", target: "draft-7" });
  const about = {
    title: "Sluice pipeline file",
    description: "A pipeline as v1 writes it, with Sluice's additions.",
  };
  return `${JSON.stringify({ ...about, ...schema }, null, 2)}\n`;
}
