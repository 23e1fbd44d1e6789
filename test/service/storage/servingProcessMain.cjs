/** A storage in a process of its own: tells its connection string, then what it is asked (servingProcess.ts). */
require("./typescriptHook.cjs");

const { openStorage } = require("../../../src/host/storage/openStorage.ts");

const [dataDir, key] = process.argv.slice(2);
const options = { dataDir, account: "sluice", key, blobPort: 0, tablePort: 0, log: () => undefined };
openStorage(options).then((storage) => {
  const answers = { peak: () => process.resourceUsage().maxRSS * 1024, health: () => storage.health() };
  process.on("message", (question) => process.send(answers[question]()));
  process.send(storage.connectionString);
});
process.on("disconnect", () => process.exit());
