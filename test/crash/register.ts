/**
 * What a key may hold when every write of it may be cut short. Pure.
 *
 * 1. An acknowledged write leaves one possible value.
 * 2. A write without an answer may have happened or not: its value joins the possible ones.
 * 3. One writer at a time per key, and a cut-short write never happens later than its cut.
 */
export class Register<T> {
  #possible: readonly T[];

  constructor(initial: T) {
    this.#possible = [initial];
  }

  /** Runs `write`, which resolves only when the value is acknowledged. */
  async set(value: T, write: () => Promise<void>): Promise<void> {
    this.#possible = [...this.#possible, value];
    await write();
    this.#possible = [value];
  }

  mayHold(value: T): boolean {
    return this.#possible.includes(value);
  }

  get possible(): readonly T[] {
    return this.#possible;
  }
}
