/** Starts the writer, outside of Jest. */
require("./typescriptHook.cjs");

const [dataDir, key, round] = process.argv.slice(2);
require("./crashingWriter.ts").writeUntilKilled(dataDir, key, round);
