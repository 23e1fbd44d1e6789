/** A call that the service refused, or that never reached one. */
import type { WireErrorDetail } from "../contract/errors";

/** The service answered with an error; `code` is of the catalogue in docs/errors.md. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Every single thing that was wrong with the request; empty when the message says it all. */
    readonly problems: readonly WireErrorDetail[],
    /** Under which the service logged the request; empty when it did not say. */
    readonly correlationId: string,
  ) {
    super(message);
  }
}

/** Nothing answered at the service's address. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";

  constructor(
    readonly baseUrl: string,
    cause: unknown,
  ) {
    super(`Nothing answers at ${baseUrl}.`, { cause });
  }
}
