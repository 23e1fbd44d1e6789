import { describe, expect, test } from "@jest/globals";
import { attemptState, type AttemptFacts } from "../../../src/compute/local/attemptState";

const nothing: AttemptFacts = {
  inHand: false,
  rejected: undefined,
  canceledAt: undefined,
  interrupted: false,
  claimed: false,
  supervisor: undefined,
  supervisorAlive: false,
  timedOutAt: undefined,
  exit: undefined,
};
const supervisor = { pid: 4711, processStartedAt: "99", startedAt: "2026-03-01T10:00:00.000Z" };
const exit = {
  exitCode: 0,
  finishedAt: "2026-03-01T10:00:05.000Z",
  signal: null,
  timedOut: false,
  usage: null,
};
const canceledAt = "2026-03-01T10:00:03.000Z";

describe("the state of an attempt, read from its files", () => {
  test("an empty folder is unknown, so that a submit interrupted before anything ran is repeated", () => {
    expect(attemptState(nothing)).toEqual({ status: "unknown" });
  });

  test("is preparing while this process has it in hand", () => {
    expect(attemptState({ ...nothing, inHand: true })).toEqual({ status: "preparing" });
  });

  test("is running while the supervisor lives", () => {
    const state = attemptState({ ...nothing, claimed: true, supervisor, supervisorAlive: true });
    expect(state).toEqual({ status: "running", startedAt: supervisor.startedAt });
  });

  test("believes an exit record over a live pid, which may belong to a stranger by now", () => {
    const state = attemptState({ ...nothing, claimed: true, supervisor, supervisorAlive: true, exit });
    expect(state).toMatchObject({ status: "exited", exitCode: 0, endedBy: null });
  });

  test("a dead supervisor without an exit record is lost and names its pid", () => {
    const state = attemptState({ ...nothing, claimed: true, supervisor });
    expect(state).toEqual({ status: "lost", reason: "process 4711 ended without leaving an exit record" });
  });

  test("a dead supervisor that was cancelled is not lost, so that no retry starts it again", () => {
    const state = attemptState({ ...nothing, claimed: true, supervisor, canceledAt });
    expect(state).toMatchObject({ status: "exited", endedBy: "cancel", finishedAt: canceledAt });
  });

  test("a cancel before the start ends it without a process", () => {
    const state = attemptState({ ...nothing, claimed: true, canceledAt });
    expect(state).toMatchObject({ status: "exited", endedBy: "cancel", startedAt: canceledAt });
  });

  test("a claim that names no process and was no cancel is lost rather than waited for", () => {
    expect(attemptState({ ...nothing, claimed: true })).toMatchObject({ status: "lost" });
  });

  test("says that the time limit ended it, unless a cancel came first", () => {
    const timedOut = { ...exit, exitCode: 124, timedOut: true };
    expect(attemptState({ ...nothing, exit: timedOut })).toMatchObject({ endedBy: "timeout" });
    expect(attemptState({ ...nothing, exit: timedOut, canceledAt })).toMatchObject({ endedBy: "cancel" });
  });

  test("a supervisor that was killed at its time limit is not lost while the record of that is on its way", () => {
    const timedOutAt = "2026-03-01T10:00:04.000Z";
    const killed = { ...nothing, claimed: true, supervisor, timedOutAt };
    const state = attemptState(killed);
    expect(state).toMatchObject({ status: "exited", exitCode: 137, endedBy: "timeout" });
    const recorded = { ...exit, exitCode: 137, signal: "SIGKILL", timedOut: true };
    expect(attemptState({ ...killed, exit: recorded })).toEqual(state);
    expect(attemptState({ ...killed, exit })).toMatchObject({ exitCode: 0, endedBy: null });
  });

  test("what a stop of the service ended is interrupted, whatever its clean-up reported", () => {
    const interrupted = { ...nothing, claimed: true, supervisor, interrupted: true };
    expect(attemptState(interrupted)).toMatchObject({ status: "interrupted" });
    expect(attemptState({ ...interrupted, exit: { ...exit, exitCode: 143 } })).toMatchObject({
      status: "interrupted",
    });
    expect(attemptState({ ...interrupted, supervisorAlive: true })).toMatchObject({ status: "running" });
  });

  test("a script that finished although the service was stopping is finished, not run again", () => {
    const state = attemptState({ ...nothing, claimed: true, supervisor, interrupted: true, exit });
    expect(state).toMatchObject({ status: "exited", exitCode: 0 });
  });

  test("a rejected attempt keeps its reason", () => {
    const state = attemptState({ ...nothing, rejected: { reason: "input raw: there is nothing" } });
    expect(state).toEqual({ status: "rejected", reason: "input raw: there is nothing" });
  });
});
