/**
 * Names that wait for their turn, first in, first out, each at most once, within a bound: what does not fit stays on
 * disk, and `isSpilled` says that disk must be looked at.
 */
export class ReadyQueue {
  readonly #names = new Set<string>();
  readonly #limit: number;
  #isSpilled = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isSpilled(): boolean {
    return this.#isSpilled;
  }

  get size(): number {
    return this.#names.size;
  }

  get isFull(): boolean {
    return this.#names.size >= this.#limit;
  }

  /** Adds a name, or notes that it had no room. */
  add(name: string): void {
    if (this.#names.has(name)) return;
    if (this.isFull) this.#isSpilled = true;
    else this.#names.add(name);
  }

  /** Takes the oldest name. */
  take(): string | undefined {
    const [name] = this.#names;
    if (name !== undefined) this.#names.delete(name);
    return name;
  }

  /** Forgets the overflow: the caller looks at the disk now. */
  clearSpill(): void {
    this.#isSpilled = false;
  }
}
