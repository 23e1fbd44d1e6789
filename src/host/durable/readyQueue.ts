/**
 * Owns: the instances that wait for their turn, within a bound of memory; what does not fit is found on disk again.
 *
 * R1. First in, first out, each name at most once.
 * R2. Memory never holds more than `limit` names.
 * R3. A name that did not fit is taken later, if it still has something on disk: the disk is read in passes from its
 *     beginning to its end, and a pass that began before the name was turned away is followed by another.
 */

/** Reads names that have something to do, in their order on disk, after `after`; fewer than `limit` at the end. */
export type ReadNames = (after: string, limit: number) => readonly string[];

export class ReadyQueue {
  readonly #names = new Set<string>();
  readonly #limit: number;
  readonly #readNames: ReadNames;
  #readTo = "";
  /** Whether names may be on disk only, behind `#readTo`, and before it. */
  #hasMore = false;
  #hasMissed = false;

  constructor(limit: number, readNames: ReadNames) {
    this.#limit = limit;
    this.#readNames = readNames;
  }

  get size(): number {
    return this.#names.size;
  }

  get isFull(): boolean {
    return this.#names.size >= this.#limit;
  }

  /** Adds a name; false when it stays on disk. */
  add(name: string): boolean {
    if (this.#names.has(name)) return true;
    if (this.isFull) {
      this.readAgain();
      return false;
    }
    this.#names.add(name);
    return true;
  }

  /** Makes sure that everything on disk now is seen: at start, and whenever a name did not fit. */
  readAgain(): void {
    this.#hasMore = true;
    this.#hasMissed = true;
  }

  /** Takes the oldest name, reading the next page of the disk when there is none. */
  take(): string | undefined {
    while (this.#names.size === 0 && this.#hasMore) this.#readPage();
    const [name] = this.#names;
    if (name !== undefined) this.#names.delete(name);
    return name;
  }

  #readPage(): void {
    if (this.#readTo === "") this.#hasMissed = false;
    const page = this.#readNames(this.#readTo, this.#limit);
    page.forEach((name) => this.#names.add(name));
    const isEnd = page.length < this.#limit;
    this.#readTo = isEnd ? "" : (page.at(-1) ?? "");
    this.#hasMore = !isEnd || this.#hasMissed;
  }
}
