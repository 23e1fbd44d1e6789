/** A storage in a process of its own: tells its connection string, then its peak memory (bytes) whenever it is asked. */
require("./typescriptHook.cjs");

const { openStorage } = require("../../../src/host/storage/openStorage.ts");

const [dataDir, key] = process.argv.slice(2);
const options = { dataDir, account: "sluice", key, blobPort: 0, tablePort: 0, log: () => undefined };
openStorage(options).then((storage) => process.send(storage.connectionString));
process.on("message", () => process.send(process.resourceUsage().maxRSS * 1024));
process.on("disconnect", () => process.exit());
