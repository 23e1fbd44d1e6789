/** The plans of runs: one immutable blob per claim, remembered by the process that read it. */
import { systemContainer } from "../workspace/systemContainer";
import type { Workspace } from "../workspace/workspace";
import type { RunPlan } from "./plan";

export interface PlanStore {
  write(plan: RunPlan, token: string): Promise<void>;
  /** Throws when the blob is not there: it is written before the claim. */
  read(runId: string, token: string): Promise<RunPlan>;
}

/** Plans that one process keeps in memory; they never change. */
const remembered = 200;

export function planBlobName(runId: string, token: string): string {
  return `runs/${runId}/${token}/plan.json`;
}

export function createPlanStore(workspace: Workspace): PlanStore {
  const plans = new Map<string, RunPlan>();
  const remember = (name: string, plan: RunPlan): void => {
    plans.set(name, plan);
    const oldest = plans.keys().next();
    if (plans.size > remembered && oldest.done !== true) plans.delete(oldest.value);
  };
  return {
    async write(plan, token) {
      const name = planBlobName(plan.runId, token);
      const text = JSON.stringify(plan);
      const blob = (await systemContainer(workspace)).getBlockBlobClient(name);
      await blob.upload(text, Buffer.byteLength(text), {
        blobHTTPHeaders: { blobContentType: "application/json" },
      });
      remember(name, plan);
    },
    async read(runId, token) {
      const name = planBlobName(runId, token);
      const known = plans.get(name);
      if (known !== undefined) return known;
      const bytes = await (await systemContainer(workspace)).getBlobClient(name).downloadToBuffer();
      const plan = JSON.parse(bytes.toString("utf8")) as RunPlan;
      remember(name, plan);
      return plan;
    },
  };
}
