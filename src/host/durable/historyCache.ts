/**
 * The histories of the instances that moved last, so that a chain of turns does not read them again and again.
 *
 * Invariants:
 * 1. What is given is the history of exactly the execution and position that was asked for.
 * 2. It holds 200 histories and 16 Mi characters at most; the ones that moved longest ago go first.
 */
import type { TurnCommit } from "./finishTurn";
import type { HubDatabase } from "./hubDatabase";
import { isTerminal, type Instance } from "./instance";

const mostHistories = 200;
const mostCharacters = 16 * 1024 * 1024;

interface CachedHistory {
  readonly executionId: string;
  readonly turns: number;
  readonly text: string;
}

export class HistoryCache {
  readonly #hub: HubDatabase;
  readonly #histories = new Map<string, CachedHistory>();
  #characters = 0;

  constructor(hub: HubDatabase) {
    this.#hub = hub;
  }

  /** The stored history of exactly this execution and position, as JSON events joined by commas. */
  read({ instanceId, executionId, turns }: Instance): string {
    const cached = this.#histories.get(instanceId);
    if (cached?.executionId === executionId && cached.turns === turns) return cached.text;
    return this.#hub.readHistory(instanceId).join(",");
  }

  /** A turn of the instance was committed onto the history `stored`. */
  advance(stored: string, { instance, chunk }: TurnCommit): void {
    const { instanceId, executionId, turns, status } = instance;
    this.forget(instanceId);
    if (isTerminal(status) || chunk === null) return;
    const text = stored === "" ? chunk : `${stored},${chunk}`;
    this.#histories.set(instanceId, { executionId, turns, text });
    this.#characters += text.length;
    for (const oldest of this.#histories.keys()) {
      if (this.#histories.size <= mostHistories && this.#characters <= mostCharacters) return;
      this.forget(oldest);
    }
  }

  forget(instanceId: string): void {
    this.#characters -= this.#histories.get(instanceId)?.text.length ?? 0;
    this.#histories.delete(instanceId);
  }
}
