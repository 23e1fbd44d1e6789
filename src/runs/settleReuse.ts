/**
 * Settles, before a step is queued, whether an equal step's result stands in for it: reads what is known of its key,
 * decides, and writes what the decision needs elsewhere. The step's own row is left to the caller.
 *
 * Invariants:
 * 1. A step that is about to run holds the claim of its key before its row says `queued`, unless it may not be
 *    reused; a step that died in between finds its own claim again.
 * 2. A step that waits is in the row of the step that it waits for, whose end wakes it; should that end be a crash,
 *    its own poll finds out.
 * 3. A result is the terminal row of the step that claimed its key. There is nothing to write when the step ends, so
 *    no crash can lose the result, or keep that of a step which failed.
 */
import type { Snapshot, Snapshots } from "../data/snapshots";
import { isTerminalStep } from "../model/runStatus";
import { sha256 } from "../workspace/sha256";
import type { Workspace } from "../workspace/workspace";
import { encodeAttemptId } from "./attemptId";
import { mapSome } from "./batches";
import { fileChanges } from "./fileChanges";
import { fingerprintOf, type Fingerprint } from "./fingerprint";
import { keyDifference } from "./keyDifference";
import type { OutputStore } from "./outputStore";
import type { PlannedStep, RunPlan } from "./plan";
import { damageOf, recordOutputs, type ProducedOutput } from "./producedOutputs";
import { decideReuse, type EqualStep, type LastKey } from "./reuseDecision";
import type { ReuseStore, StepIdentity, StoredClaim, StoredLast } from "./reuseStore";
import type { StepOrigin, StepReuse } from "./runs";
import type { RunStores } from "./runStores";
import type { StoredStep } from "./stepRow";
import { upstreamSteps, type UpstreamSteps } from "./upstreamSteps";

export interface ReuseDependencies {
  readonly workspace: Workspace;
  readonly stores: RunStores;
  readonly snapshots: Snapshots;
  readonly outputs: OutputStore;
}

export type Settled =
  | { readonly kind: "run"; readonly reuse: StepReuse }
  | { readonly kind: "reuse"; readonly reuse: StepReuse; readonly result: StoredStep }
  | { readonly kind: "wait" }
  /** Another writer came first: look again. */
  | { readonly kind: "again" };

export interface StepToSettle {
  readonly step: StoredStep;
  readonly plan: RunPlan;
  readonly planned: PlannedStep;
}

export async function settleReuse(dependencies: ReuseDependencies, subject: StepToSettle): Promise<Settled> {
  const { planned } = subject;
  if (planned.reuse === "never") return ran("allow_reuse is false", null);
  const snapshot = await dependencies.snapshots.find(planned.snapshotId);
  if (snapshot === undefined) return ran(`snapshot ${planned.snapshotId} is not there`, null);
  const upstream = await upstreamSteps(dependencies.stores.steps, subject.step, planned.predecessors);
  const fingerprint = fingerprintOf(planned, factsOf(subject, snapshot, upstream), sha256);
  const scene = { ...subject, snapshot, upstream, fingerprint, identity: identityOf(subject) };
  return planned.reuse === "regenerate" ? regenerate(dependencies, scene) : settle(dependencies, scene);
}

interface Scene extends StepToSettle {
  readonly snapshot: Snapshot;
  readonly upstream: UpstreamSteps;
  readonly fingerprint: Fingerprint;
  readonly identity: StepIdentity;
}

async function settle(dependencies: ReuseDependencies, scene: Scene): Promise<Settled> {
  const { fingerprint, identity } = scene;
  const reuses = dependencies.stores.reuse;
  const { claim, last } = await reuses.find(identity, fingerprint.key);
  const equal = await equalStep(dependencies, scene, claim);
  const lastKey = await lastKeyOf(dependencies, scene, last);
  const decision = decideReuse({ planned: "allowed", equal: equal.view, last: lastKey });
  switch (decision.kind) {
    case "reuse": {
      if (equal.step === undefined || claim === undefined) throw new Error("only a step is reused");
      if (lastKey.status !== "same") await reuses.remember(lastOf(scene));
      const reuse = { decision: "reused", reason: decision.reason, from: claim.origin } as const;
      return { kind: "reuse", reuse, result: equal.step };
    }
    case "wait":
      return waitFor(dependencies, scene, equal.step);
    case "run": {
      if (equal.view.status === "itself" && claim !== undefined) return ran(claim.reason, claim.comparedWith);
      const comparedWith = last?.runId ?? null;
      const held = await take(reuses, scene, decision.reason, comparedWith, claim);
      return held ? ran(decision.reason, comparedWith) : { kind: "again" };
    }
  }
}

/** Takes the key whoever has it: the newest result is the one that is reused. */
async function regenerate({ stores }: ReuseDependencies, scene: Scene): Promise<Settled> {
  const { reason } = decideReuse({
    planned: "regenerate",
    equal: { status: "none" },
    last: { status: "none" },
  });
  await take(stores.reuse, scene, reason, null, "any");
  return ran(reason, null);
}

function ran(reason: string, comparedWith: string | null): Settled {
  return { kind: "run", reuse: { decision: "ran", reason, comparedWith } };
}

function take(
  reuses: ReuseStore,
  scene: Scene,
  reason: string,
  comparedWith: string | null,
  instead: StoredClaim | undefined | "any",
): Promise<boolean> {
  const { step } = scene;
  const claim = { origin: originOf(step), token: step.token, reason, comparedWith };
  return reuses.claim({ ...lastOf(scene), claim }, instead);
}

function lastOf({ identity, fingerprint, planned, plan }: Scene) {
  return { step: identity, fingerprint, snapshotId: planned.snapshotId, runId: plan.runId };
}

function originOf({ record: { runId, stepId, stepRunId } }: StoredStep): StepOrigin {
  return { runId, stepId, stepRunId };
}

interface Equal {
  readonly view: EqualStep;
  readonly step: StoredStep | undefined;
}

async function equalStep(
  { stores, outputs }: ReuseDependencies,
  { step: own }: Scene,
  claim: StoredClaim | undefined,
): Promise<Equal> {
  if (claim === undefined) return { view: { status: "none" }, step: undefined };
  const { runId, stepRunId } = claim.origin;
  if (stepRunId === own.record.stepRunId && claim.token === own.token) {
    return { view: { status: "itself", reason: claim.reason }, step: own };
  }
  const step = await stores.steps.find(runId, claim.token, stepRunId);
  if (step === undefined) return { view: { status: "gone" }, step };
  const { status, name: stepName, endedAt } = step.record;
  if (!isTerminalStep(status)) return { view: { status: "active", runId, stepName }, step };
  if (status !== "finished") return { view: { status: "broken", runId, ending: endings[status] }, step };
  const found = await outputs.find(step.record.outputs);
  const damage = damageOf(step.produced, found, endedAt ?? "its end", sha256);
  return { view: { status: "finished", runId, damage }, step };
}

const endings = { failed: "failed", canceled: "was canceled", skipped: "was skipped" } as const;

async function lastKeyOf(
  { stores, snapshots }: ReuseDependencies,
  { fingerprint, snapshot, upstream }: Scene,
  last: StoredLast | undefined,
): Promise<LastKey> {
  if (last === undefined) return { status: "none" };
  if (last.key === fingerprint.key) return { status: "same" };
  const [parts, before] = await Promise.all([stores.reuse.partsOf(last), snapshots.find(last.snapshotId)]);
  const files = before === undefined ? [] : fileChanges(before, snapshot);
  const reused = [...upstream.values()].filter(({ record }) => record.reuse?.decision === "reused");
  const reusedUpstream = new Set(reused.map(({ record }) => record.name));
  const differences = keyDifference(parts, fingerprint.parts, { files, reusedUpstream });
  return { status: "other", differences };
}

/** Puts this step into the row of the one that it waits for. */
async function waitFor(
  { stores }: ReuseDependencies,
  { step }: Scene,
  active: StoredStep | undefined,
): Promise<Settled> {
  if (active === undefined) throw new Error("only a step is waited for");
  const attemptId = encodeAttemptId({ ...step.record, attempt: 1 });
  if (active.waiters.includes(attemptId) || active.waiters.length >= mostWaiters) return { kind: "wait" };
  const to = { ...active, waiters: [...active.waiters, attemptId] };
  return (await stores.steps.move({ from: active, to })) === undefined ? { kind: "again" } : { kind: "wait" };
}

/** Further ones wait without being woken: their poll finds out. */
const mostWaiters = 100;

function factsOf({ planned }: StepToSettle, snapshot: Snapshot, steps: UpstreamSteps) {
  const upstream = new Map(
    planned.predecessors.map((stepId) => {
      const found = steps.get(stepId);
      if (found?.record.status !== "finished") throw new Error(`predecessor ${stepId} is not finished`);
      return [stepId, { stepName: found.record.name, computedBy: computedBy(found) }];
    }),
  );
  return { filesHash: snapshot.contentHash, upstream };
}

function computedBy({ record }: StoredStep): string {
  return record.reuse?.decision === "reused" ? record.reuse.from.stepRunId : record.stepRunId;
}

function identityOf({ plan, planned }: StepToSettle): StepIdentity {
  const namesakes = plan.steps.filter(({ name }) => name === planned.name);
  return {
    pipelineName: plan.pipelineName,
    stepName: planned.name,
    nth: namesakes.findIndex(({ stepId }) => stepId === planned.stepId),
  };
}

/** What lies at the outputs of a step that has just finished, for those that may reuse it. */
export async function producedBy(
  { outputs }: ReuseDependencies,
  { reuse }: PlannedStep,
  { record }: StoredStep,
): Promise<readonly ProducedOutput[]> {
  return reuse === "never" ? [] : recordOutputs(await outputs.find(record.outputs), sha256);
}

const wakesAtOnce = 32;

/** Wakes the equal steps that waited for the end of this one. */
export async function wakeWaiters(
  { waiters }: Pick<StoredStep, "waiters">,
  wake: (attemptId: string) => Promise<void>,
): Promise<void> {
  await mapSome(waiters, wakesAtOnce, wake);
}
