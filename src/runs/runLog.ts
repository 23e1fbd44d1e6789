/** Log lines of the runs room. */
import type { LogEvent } from "../workspace/log";

/** The run is claimed but its orchestration could not be started; the watchdog starts it within a minute. */
export const orchestrationNotStarted: LogEvent = {
  id: 3001,
  name: "RunOrchestrationNotStarted",
  level: "warn",
};

/** The watchdog started the orchestration of a run that had none. */
export const orchestrationStartedLate: LogEvent = {
  id: 3002,
  name: "RunOrchestrationStartedLate",
  level: "warn",
};

/** A run's activity failed so often that the run was given up. */
export const runGivenUp: LogEvent = { id: 3004, name: "RunGivenUp", level: "error" };

/** The watchdog started the orchestration of a step attempt that nobody followed. */
export const stepStartedLate: LogEvent = { id: 3005, name: "StepOrchestrationStartedLate", level: "warn" };

/** The watchdog removed the rows of a submission that died, or that lost its run id to another. */
export const submissionRemoved: LogEvent = { id: 3006, name: "SubmissionRemoved", level: "info" };

/** The watchdog could not look after a run; it tries again with its next tick. */
export const runNotSwept: LogEvent = { id: 3007, name: "RunNotSwept", level: "error" };

/** A step's activity failed so often that the step was given up. */
export const stepGivenUp: LogEvent = { id: 3003, name: "StepGivenUp", level: "error" };
