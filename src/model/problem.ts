/**
 * One thing that a caller got wrong, in words that a person can act on. Validation collects all problems
 * of a request before it answers, so that nobody mends them one by one.
 */
export interface Problem {
  /** Stable code in PascalCase, one entry of the catalogue, such as `UnknownParameter`. */
  readonly code: string;
  /** Where: a dotted path in the caller's own terms, such as `steps.train.inputs.prepared`. */
  readonly field: string;
  /** What would have been accepted, in plain words. */
  readonly expected: string;
  /** What came, shortened; never a secret. */
  readonly received: string;
}

/** A value, or every reason why there is none. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };
