import { root } from "./root.mjs";
import { checks, runSteps, unitTests } from "./verifySteps.mjs";

export async function verifyEverything() {
  const startedAt = performance.now();
  const failed = await runSteps([unitTests, ...checks], root, console.log);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(failed === 0 ? `All checks passed in ${seconds} s` : `${failed} failed, in ${seconds} s`);
  process.exitCode = failed === 0 ? 0 : 1;
}
