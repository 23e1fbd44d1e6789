import { expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pipelineFile } from "../../../../src/model/yaml/pipelineFile";
import { pipelineSchemaText } from "../../../../src/model/yaml/pipelineSchema";
import { parseYaml } from "../../../../src/model/yaml/parseYaml";
import { plainOf } from "../../../../src/model/yaml/yamlNode";
import { exampleFile, testOfExamples } from "./exampleFiles";

test("the published schema is the one that files are read by (npm run build && npm run schemas)", () => {
  const published = readFileSync(join(__dirname, "../../../../schemas/pipeline.schema.json"), "utf8");
  expect(published).toBe(pipelineSchemaText());
});

testOfExamples.each(["train", "score", "transfer"])(
  "the schema takes v1's %s.pipeline.yml as it is",
  (name) => {
    const text = exampleFile(`${name}.pipeline.yml`);
    const parsed = parseYaml(name, text);
    expect(parsed.ok && pipelineFile.safeParse(plainOf(parsed.value)).success).toBe(true);
  },
);
