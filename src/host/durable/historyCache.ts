/** The histories of the instances that moved last, so that a chain of turns does not read them again and again. */
import type { TurnCommit } from "./finishTurn";
import type { HubDatabase } from "./hubDatabase";
import { isTerminal, type Instance } from "./instance";

const limit = 200;

interface CachedHistory {
  readonly executionId: string;
  readonly turns: number;
  readonly text: string;
}

export class HistoryCache {
  readonly #hub: HubDatabase;
  readonly #histories = new Map<string, CachedHistory>();

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
    this.#histories.set(instanceId, {
      executionId,
      turns,
      text: stored === "" ? chunk : `${stored},${chunk}`,
    });
    const [oldest] = this.#histories.keys();
    if (this.#histories.size > limit && oldest !== undefined) this.#histories.delete(oldest);
  }

  forget(instanceId: string): void {
    this.#histories.delete(instanceId);
  }
}
