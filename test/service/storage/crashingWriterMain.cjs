/** Loads the writer through the TypeScript transform that the tests use, outside of Jest. */
const { readFileSync } = require("node:fs");
const { transformSync } = require("@swc/core");

require.extensions[".ts"] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, "utf8"), {
    filename,
    jsc: { parser: { syntax: "typescript" }, target: "es2022" },
    module: { type: "commonjs" },
  });
  module._compile(code, filename);
};
const [dataDir, key, round] = process.argv.slice(2);
require("./crashingWriter.ts").writeUntilKilled(dataDir, key, round);
