import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { AttemptState } from "../../../src/compute/computeTarget";
import {
  decideStep,
  lostRetries,
  retryWaitMs,
  withStderr,
  type AttemptView,
} from "../../../src/runs/decideStep";

const view = (more: Partial<AttemptView> = {}): AttemptView => ({
  attempt: 1,
  spent: 0,
  retries: null,
  script: "train.py",
  timeoutMs: null,
  cancelReason: null,
  ...more,
});
const canceling = view({ cancelReason: "the run was canceled" });
const startedAt = "2026-01-02T03:04:05.000Z";
const finishedAt = "2026-01-02T03:04:06.000Z";
const exited = (exitCode: number, endedBy: "timeout" | "cancel" | null = null): AttemptState => ({
  status: "exited",
  exitCode,
  startedAt,
  finishedAt,
  endedBy,
});

describe("decideStep", () => {
  test("submits what the target does not know, unless it is to be cancelled", () => {
    expect(decideStep(view(), { status: "unknown" })).toEqual({ kind: "submit" });
    expect(decideStep(canceling, { status: "unknown" })).toMatchObject({
      kind: "end",
      end: { status: "canceled" },
      ran: false,
    });
  });

  test("waits for what runs and cancels what must end, also while it is still being prepared", () => {
    expect(decideStep(view(), { status: "preparing" })).toEqual({ kind: "wait", startedAt: null });
    expect(decideStep(view(), { status: "running", startedAt })).toEqual({ kind: "wait", startedAt });
    expect(decideStep(canceling, { status: "preparing" })).toEqual({ kind: "cancel" });
    expect(decideStep(canceling, { status: "running", startedAt })).toEqual({ kind: "cancel" });
  });

  test("names the script and its exit code", () => {
    expect(decideStep(view(), exited(3))).toMatchObject({
      end: { status: "failed", exitCode: 3, reason: "script train.py exited with code 3" },
      ran: true,
    });
  });

  test("a script that finished before its cancel arrived is finished", () => {
    expect(decideStep(canceling, exited(0))).toMatchObject({ end: { status: "finished", exitCode: 0 } });
  });

  test("a script that a cancel broke is canceled, not failed", () => {
    expect(decideStep(canceling, exited(143))).toMatchObject({ end: { status: "canceled" } });
    expect(decideStep(view(), exited(143, "cancel"))).toMatchObject({ end: { status: "canceled" } });
  });

  test("a time limit is a failure even when the script answered it with exit code 0", () => {
    expect(decideStep(view({ timeoutMs: 60_000 }), exited(0, "timeout"))).toMatchObject({
      end: { status: "failed", reason: "script train.py was ended at its time limit of 60 s" },
    });
  });

  const lost: AttemptState = { status: "lost", reason: "its process is gone" };

  test("retries a lost attempt so often and no more, and never one that is to be cancelled", () => {
    for (let spent = 0; spent < lostRetries; spent++) {
      expect(decideStep(view({ attempt: spent + 4, spent }), lost)).toEqual({
        kind: "retry",
        reason: `attempt ${spent + 4} was lost: its process is gone`,
        waitMs: 0,
        isSpent: true,
      });
    }
    expect(decideStep(view({ spent: lostRetries }), lost)).toMatchObject({ end: { status: "failed" } });
    expect(decideStep(canceling, lost)).toMatchObject({ end: { status: "canceled" } });
  });

  const policy = { maxRetries: 2, intervalMs: 1_000, backoffFactor: 3, on: ["failed", "timeout"] as const };
  const causes: readonly [string, AttemptState, boolean][] = [
    ["another exit code", exited(3), true],
    ["the time limit", exited(143, "timeout"), true],
    ["a vanished process", lost, false],
  ];

  test.each(causes)("follows the step's policy after %s", (_what, state, isListed) => {
    const retried = decideStep(view({ retries: policy, spent: 1, attempt: 2 }), state);
    expect(retried).toMatchObject({ kind: "retry", isSpent: true, waitMs: isListed ? 3_000 : 0 });
    const done = decideStep(view({ retries: policy, spent: 2, attempt: 3 }), state);
    expect(done).toMatchObject({ kind: "end", end: { status: "failed" } });
    expect(decideStep({ ...canceling, retries: policy }, state)).not.toMatchObject({ kind: "retry" });
  });

  test("says why an attempt was followed by another and how long that one waits", () => {
    expect(decideStep(view({ retries: policy }), exited(3))).toMatchObject({
      reason: "attempt 1 failed: script train.py exited with code 3; the next attempt waits 1 s",
    });
  });

  test("never retries what went well, and lets stopping the service cost no retry", () => {
    expect(decideStep(view({ retries: policy }), exited(0))).toMatchObject({ end: { status: "finished" } });
    const interrupted: AttemptState = { status: "interrupted", reason: "the service stopped" };
    const retried = { kind: "retry", waitMs: 0, isSpent: false };
    expect(decideStep(view({ spent: 9, attempt: 10 }), interrupted)).toMatchObject(retried);
  });

  test("waits ever longer, never less than before and never longer than a day", () => {
    fc.assert(
      fc.property(
        fc.nat(1e7),
        fc.double({ min: 1, max: 100, noNaN: true }),
        fc.nat(200),
        (interval, factor, spent) => {
          const rule = { ...policy, intervalMs: interval, backoffFactor: factor };
          expect(retryWaitMs(rule, spent)).toBeLessThanOrEqual(retryWaitMs(rule, spent + 1));
          expect(retryWaitMs(rule, spent + 1)).toBeLessThanOrEqual(86_400_000);
          expect(retryWaitMs(rule, 0)).toBe(interval);
        },
      ),
    );
  });

  test("does not retry what could not be started", () => {
    expect(decideStep(view(), { status: "rejected", reason: "snapshot x is not there" })).toMatchObject({
      end: { status: "failed", exitCode: null, reason: "could not be started: snapshot x is not there" },
      ran: false,
    });
  });
});

describe("withStderr", () => {
  test("adds the last lines only, without blank ones", () => {
    const tail = Array.from({ length: 30 }, (_, at) => `line ${at}\r\n\r\n`).join("");
    const reason = withStderr("failed", tail);
    expect(reason.split("\n")).toHaveLength(10);
    expect(reason.startsWith("failed: line 20\n")).toBe(true);
    expect(reason.endsWith("line 29")).toBe(true);
  });

  test("says nothing where nothing was said", () => {
    expect(withStderr("failed", " \n")).toBe("failed");
  });
});
