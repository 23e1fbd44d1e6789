// The checks of `npm run verify`, and how they run: two at a time, longest first, silent unless they fail.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { build } from "./compilation.mjs";
import { runProgram } from "./runProgram.mjs";

const tool = (name, path, args) => ({
  name,
  run: async (root) => {
    const { code, output } = await runProgram(process.execPath, [join(root, "node_modules", path), ...args], {
      cwd: root,
    });
    return { ok: code === 0, output };
  },
});

/** Everything that needs no service; `npm test` leaves out `unit`, since it runs every Jest project anyway. */
export const checks = [
  tool("lint", "eslint/bin/eslint.js", ["."]),
  tool("typecheck", "typescript/bin/tsc", ["-p", "tsconfig.json", "--noEmit"]),
  { name: "build", run: runBuild },
  tool("format", "prettier/bin/prettier.cjs", ["--check", "."]),
  tool("rooms", "dependency-cruiser/bin/dependency-cruise.mjs", [
    "src",
    "--config",
    ".dependency-cruiser.cjs",
  ]),
  tool("unused", "knip/bin/knip.js", []),
];

export const unitTests = tool("unit", "jest/bin/jest.js", ["--selectProjects", "unit", "--maxWorkers", "1"]);

/** Runs the steps, prints a line for each and the output of those that failed; resolves with the failures' number. */
export async function runSteps(steps, root, print) {
  const waiting = [...steps];
  let failed = 0;
  const worker = async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) {
      const startedAt = performance.now();
      const { ok, output } = await step.run(root);
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
      print(`${ok ? "✓" : "✗"} ${step.name.padEnd(10)} ${seconds.padStart(6)} s`);
      if (!ok) {
        failed += 1;
        print(output.trimEnd());
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
  return failed;
}

async function runBuild(root) {
  try {
    await build(root);
    return { ok: true, output: "" };
  } catch (error) {
    return { ok: false, output: error.message };
  }
}
