/** A failure that the user can mend: its message is the whole sentence to show, without a stack. */
export class PlainError extends Error {
  plain = true;
}
