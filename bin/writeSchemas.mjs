/** Writes the published JSON Schemas from the compiled reader: run after `npm run build`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const { pipelineSchemaText } = createRequire(import.meta.url)("../dist/model/yaml/pipelineSchema.js");
const folder = fileURLToPath(new URL("../schemas/", import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}pipeline.schema.json`, pipelineSchemaText());
