/** What the files of an attempt mean: pure, so that every crash window is one line in a table of tests. */
import { z } from "zod";
import type { AttemptState } from "../computeTarget";

export const supervisorRecord = z.object({
  pid: z.number().int().positive(),
  /** Tells this process from a later one with the same pid; empty where the platform cannot say. */
  processStartedAt: z
    .string()
    .nullable()
    .transform((mark) => mark ?? ""),
  startedAt: z.string(),
});
export type SupervisorRecord = z.infer<typeof supervisorRecord>;

export const exitRecord = z.object({
  exitCode: z.number().int(),
  finishedAt: z.string(),
  signal: z.string().nullable().default(null),
  timedOut: z.boolean().default(false),
  usage: z
    .object({ cpuSeconds: z.number(), peakMemoryBytes: z.number().nullable() })
    .nullable()
    .default(null),
});
export type ExitRecord = z.infer<typeof exitRecord>;

export interface AttemptFacts {
  /** A submit of this process is at work on it. */
  readonly inHand: boolean;
  readonly rejected: { readonly reason: string } | undefined;
  /** When a cancel was accepted; undefined when none was. */
  readonly canceledAt: string | undefined;
  /** When its supervisor began to end it at its time limit; undefined when it did not. */
  readonly timedOutAt: string | undefined;
  /** The app was stopped while it ran. */
  readonly interrupted: boolean;
  readonly claimed: boolean;
  /** Who claimed it; a cancel that came first claims without a process. */
  readonly supervisor: SupervisorRecord | undefined;
  readonly supervisorAlive: boolean;
  readonly exit: ExitRecord | undefined;
}

/** Exit code that stands for a process that a cancel or a time limit killed before it could report one: 128 + SIGKILL. */
const killedExitCode = 137;

/**
 * Order matters: an exit record is the last word, unless it only tells how a stop of the app ended the script;
 * without one a cancel or a time limit explains a dead or unstarted process; a dead process that nobody ended is lost.
 */
export function attemptState(facts: AttemptFacts): AttemptState {
  const { supervisor, exit, canceledAt } = facts;
  if (facts.interrupted && canceledAt === undefined && exit?.exitCode !== 0 && !facts.supervisorAlive) {
    return { status: "interrupted", reason: "the service was stopped while it ran" };
  }
  if (exit !== undefined) {
    const endedBy = canceledAt !== undefined ? "cancel" : exit.timedOut ? "timeout" : null;
    const { exitCode } = exit;
    // The same before and after the record of a time limit is there.
    const finishedAt = exit.timedOut ? (facts.timedOutAt ?? exit.finishedAt) : exit.finishedAt;
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
  if (supervisor !== undefined && facts.timedOutAt !== undefined) {
    const finishedAt = facts.timedOutAt;
    const { startedAt } = supervisor;
    return { status: "exited", exitCode: killedExitCode, startedAt, finishedAt, endedBy: "timeout" };
  }
  if (supervisor !== undefined) {
    return { status: "lost", reason: `process ${supervisor.pid} ended without leaving an exit record` };
  }
  if (facts.claimed) return { status: "lost", reason: "its claim does not say which process took it" };
  if (facts.inHand) return { status: "preparing" };
  return { status: "unknown" };
}
