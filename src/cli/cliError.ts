/** A failure in words for the user: the message is the whole sentence to print, never with a stack. */
export class CliError extends Error {
  override readonly name = "CliError";

  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}

/** The command line itself was wrong. */
export function usageError(message: string): CliError {
  return new CliError(message, 2);
}
