import { describe, expect, test } from "@jest/globals";
import type { AttemptState } from "../../../src/compute/computeTarget";
import { decideStep, retries, withStderr, type AttemptView } from "../../../src/runs/decideStep";

const view = (more: Partial<AttemptView> = {}): AttemptView => ({
  attempt: 1,
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

  test("retries a lost attempt so often and no more, and never one that is to be cancelled", () => {
    const lost: AttemptState = { status: "lost", reason: "its process is gone" };
    for (let attempt = 1; attempt <= retries; attempt++) {
      expect(decideStep(view({ attempt }), lost)).toEqual({
        kind: "retry",
        reason: `attempt ${attempt} was lost: its process is gone`,
      });
    }
    expect(decideStep(view({ attempt: retries + 1 }), lost)).toMatchObject({ end: { status: "failed" } });
    expect(decideStep(canceling, lost)).toMatchObject({ end: { status: "canceled" } });
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
