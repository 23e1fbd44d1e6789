// `npm run test:crash -- --kills N --seed S`: the crash harness for as long as one likes, with its progress.
// `npm run test:crash -- --statements`: instead of it the conformance statements K23 and K24 at their full size.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

const root = join(import.meta.dirname, "..", "..");
const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string" },
    statements: { type: "boolean", default: false },
  },
});
const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
for (const [name, value] of Object.entries({ kills: values.kills, seed }))
  if (!/^\d+$/.test(value)) throw new Error(`--${name} must be a whole number, not '${value}'.`);

const env = {
  ...process.env,
  SLUICE_CRASH_KILLS: values.kills,
  SLUICE_CRASH_SEED: seed,
  SLUICE_CRASH_PROGRESS: "1",
};
const [project, file] = values.statements ? ["conformance", "manyKills"] : ["crash", "crash"];
if (values.statements) env.SLUICE_CRASH_STATEMENTS = "1";
else console.log(`${values.kills} kills with seed ${seed}`);
const jest = join(root, "node_modules", "jest", "bin", "jest.js");
const args = [jest, join("test", project, `${file}.test.ts`), "--selectProjects", project];
process.exitCode = spawnSync(process.execPath, args, { cwd: root, env, stdio: "inherit" }).status ?? 1;
