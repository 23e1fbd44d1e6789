/** What the API logs. */
import type { Log, LogEvent } from "../workspace/log";

const unexpected: LogEvent = { id: 4001, name: "ApiUnexpected", level: "error" };
const storageUnavailable: LogEvent = { id: 4002, name: "StorageUnavailable", level: "warn" };

export interface FailedRequest {
  readonly method: string;
  /** The route's pattern, not the path, which may hold names that users gave. */
  readonly pattern: string;
  readonly correlationId: string;
  readonly error: unknown;
}

/** A request met something that no caller can cause. */
export function logUnexpected(log: Log, { error, ...request }: FailedRequest): void {
  log.write(unexpected, { ...request, error: describeError(error) });
}

export function logStorageUnavailable(log: Log, { error, ...request }: FailedRequest): void {
  log.write(storageUnavailable, { ...request, error: describeError(error) });
}

/** Stack and message without the signatures that storage URLs carry. */
function describeError(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return text.replace(/\bsig=[^&\s"']+/gi, "sig=…").slice(0, 4000);
}
