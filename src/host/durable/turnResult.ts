import type { WalkedLeaf } from "./ledger";

/** What one run of an orchestrator function reported, after the walk of its actions. */
export interface TurnResult {
  readonly leaves: readonly WalkedLeaf[];
  /** JSON text, or null when the run set none. */
  readonly customStatus: string | null;
  readonly end: TurnEnd;
  /** An action this host does not emulate, named with its remedy; null when there is none. */
  readonly refused: string | null;
  /** The library's own counter, when it could be read: it must equal the ledger's next number. */
  readonly sequenceNumber: number | null;
  /** Names of events that no one waited for, one per event. */
  readonly parkedEvents: readonly string[];
}

export type TurnEnd =
  | { readonly kind: "waiting" }
  | { readonly kind: "completed"; readonly output: string | null }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "continuedAsNew"; readonly input: string | null };
