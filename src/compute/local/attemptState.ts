/** What the files of an attempt mean: pure, so that every crash window is one line in a table of tests. */
import { z } from "zod";
import type { AttemptState } from "../computeTarget";

export const supervisorRecord = z.object({
  pid: z.number().int().positive(),
  processStartedAt: z.coerce.string(),
  startedAt: z.string(),
});
export type SupervisorRecord = z.infer<typeof supervisorRecord>;

export const exitRecord = z.object({
  exitCode: z.number().int(),
  finishedAt: z.string(),
  signal: z.string().nullable().default(null),
  timedOut: z.boolean().default(false),
});
export type ExitRecord = z.infer<typeof exitRecord>;

export interface AttemptFacts {
  /** A submit of this process is at work on it. */
  readonly inHand: boolean;
  readonly rejected: { readonly reason: string } | undefined;
  /** When a cancel was accepted; undefined when none was. */
  readonly canceledAt: string | undefined;
  /** How long the claim has stood, in milliseconds; undefined without a claim. */
  readonly claimedForMs: number | undefined;
  readonly supervisor: SupervisorRecord | undefined;
  readonly supervisorAlive: boolean;
  readonly exit: ExitRecord | undefined;
}

/** A supervisor names itself within milliseconds of its claim; after this long it died in between. */
export const claimGraceMs = 15_000;

/** Exit code that stands for a process that a cancel killed before it could report one: 128 + SIGKILL. */
const killedExitCode = 137;

/**
 * Order matters: an exit record is the last word, whatever else is there; without it a cancel explains a dead
 * or unstarted process; a dead process that nobody cancelled is lost.
 */
export function attemptState(facts: AttemptFacts): AttemptState {
  const { supervisor, exit, canceledAt } = facts;
  if (exit !== undefined) {
    const endedBy = canceledAt !== undefined ? "cancel" : exit.timedOut ? "timeout" : null;
    const { exitCode, finishedAt } = exit;
    return {
      status: "exited",
      exitCode,
      startedAt: supervisor?.startedAt ?? finishedAt,
      finishedAt,
      endedBy,
    };
  }
  if (facts.rejected !== undefined) return { status: "rejected", reason: facts.rejected.reason };
  if (supervisor !== undefined && facts.supervisorAlive) {
    return { status: "running", startedAt: supervisor.startedAt };
  }
  if (canceledAt !== undefined && (supervisor !== undefined || !facts.inHand)) {
    const startedAt = supervisor?.startedAt ?? canceledAt;
    return {
      status: "exited",
      exitCode: killedExitCode,
      startedAt,
      finishedAt: canceledAt,
      endedBy: "cancel",
    };
  }
  if (supervisor !== undefined) {
    return { status: "lost", reason: `process ${supervisor.pid} ended without leaving an exit record` };
  }
  if (facts.claimedForMs !== undefined && facts.claimedForMs >= claimGraceMs) {
    return { status: "lost", reason: "the process ended before it could report itself" };
  }
  if (facts.claimedForMs !== undefined || facts.inHand) return { status: "preparing" };
  return { status: "unknown" };
}
