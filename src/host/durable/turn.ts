/**
 * The durable core as one function: turn(history, inbox) → actions, history'. It takes where an instance stands and what
 * has come for it, and gives the one commit that brings it further. Pure: no store, no clock, no app. What only the app
 * can say is asked for with `yield`, and the answer comes back from whoever drives the generator.
 *
 * T1. The outcome depends on the input and the answers alone.
 * T2. However the same inbox is split into turns, the instance comes to the same outcome.
 * T3. A run that continues as new takes the messages up to its decision and no more; the rest is for the next generation.
 * T4. An instance whose orchestrator is gone fails without a question.
 *
 * Its parts: `planTurn` chooses the messages, `finishTurn` reads the answer into the commit, `ledger` keeps the numbers of the
 * tasks in step with the library's.
 */
import type { DurableFunctionName } from "./durableFunctionName";
import { finishTurn, type TurnCommit } from "./finishTurn";
import { planTurn, type PlanInput, type TurnPlan } from "./planTurn";
import { makePayload, orphaned } from "./turnExchange";
import type { TurnRules } from "./turnProblems";
import type { TurnResult } from "./turnResult";

export interface TurnInput extends PlanInput {
  /** The stored events of this execution as JSON, joined by commas. */
  readonly history: string;
  readonly rules: TurnRules;
  /** Fresh execution ids for a new generation and for children. */
  readonly newId: () => string;
}

/** Asks the app to replay the orchestrator. `payload` is what its trigger is given. */
export interface TurnQuestion {
  readonly orchestrator: DurableFunctionName;
  readonly payload: string;
  /** Leading actions whose detail is known already. */
  readonly knownLeaves: number;
}

export interface TurnAnswer {
  readonly result: TurnResult;
  /** When the app had answered, in Unix milliseconds. */
  readonly at: number;
}

export type TurnOutcome =
  /** There is nothing to run; `dropped` are inbox rows that nobody will ever want. */
  | { readonly kind: "nothing"; readonly dropped: readonly number[] }
  /** `hasMore`: messages were left for the next turn. */
  | { readonly kind: "commit"; readonly commit: TurnCommit; readonly hasMore: boolean };

interface Decided {
  readonly plan: TurnPlan;
  readonly answer: TurnAnswer;
}

/** One turn. A driver that cannot get an answer lets the generator go: nothing has happened. */
export function* turn(input: TurnInput): Generator<TurnQuestion, TurnOutcome, TurnAnswer> {
  const { instance, rules, newId } = input;
  const decision = planTurn(input);
  if (decision.kind === "nothing") return decision;
  const orchestrator = rules.findOrchestrator(instance.name);
  const { plan, answer } =
    orchestrator === undefined
      ? { plan: decision.plan, answer: { result: orphaned(instance), at: input.now } }
      : yield* decide(input, orchestrator, decision.plan);
  const commit = finishTurn({ instance, plan, result: answer.result, now: answer.at, rules, newId });
  return { kind: "commit", commit, hasMore: plan.hasMore };
}

/** Replays with the whole batch; when that continues as new, finds the shortest part of it that does the same (T3). */
function* decide(
  input: TurnInput,
  orchestrator: DurableFunctionName,
  whole: TurnPlan,
): Generator<TurnQuestion, Decided, TurnAnswer> {
  let best = { plan: whole, answer: yield ask(input, orchestrator, whole) };
  let tooFew = 0;
  while (best.answer.result.end.kind === "continuedAsNew" && best.plan.delivered - tooFew > 1) {
    const maxMessages = Math.floor((best.plan.delivered + tooFew) / 2);
    const shorter = planTurn({ ...input, maxMessages });
    if (shorter.kind === "nothing") return best;
    const answer = yield ask(input, orchestrator, shorter.plan);
    if (answer.result.end.kind === "continuedAsNew") best = { plan: shorter.plan, answer };
    else tooFew = maxMessages;
  }
  return best;
}

function ask(
  { instance, input, history }: TurnInput,
  orchestrator: DurableFunctionName,
  plan: TurnPlan,
): TurnQuestion {
  const payload = makePayload(instance, input, history, plan);
  return { orchestrator, payload, knownLeaves: instance.ledger.leaves.length };
}
