/** The log lines of the schedules room; ids 5000–5099. */
import type { LogEvent } from "../workspace/log";

/** A due schedule could not be fired or moved on; the next tick tries again. */
export const scheduleFailed: LogEvent = { id: 5000, name: "ScheduleFailed", level: "error" };
/** A run that a schedule wanted was refused; the schedule goes on. */
export const scheduledRunRefused: LogEvent = { id: 5001, name: "ScheduledRunRefused", level: "warn" };
/** Slots passed while no tick ran, and are not made up for. */
export const slotsMissed: LogEvent = { id: 5002, name: "SlotsMissed", level: "warn" };
/** A journaled blob event could not be followed up; a later tick tries again. */
export const blobEventFailed: LogEvent = { id: 5003, name: "BlobEventFailed", level: "error" };
/** A journaled blob event could not be followed up for a day and is given up. */
export const blobEventAbandoned: LogEvent = { id: 5004, name: "BlobEventAbandoned", level: "error" };
