/** Everything that the load tried, what was acknowledged, and what was seen committed before a kill. */
import type { Register } from "./register";

/** `work` runs activities 0…length-1, each of which answers its own number; `mail` gathers events. */
export const kinds = {
  chain: { does: "work", inOrder: true },
  fan: { does: "work", inOrder: false },
  retry: { does: "work", inOrder: true },
  family: { does: "children", inOrder: false },
  alarm: { does: "work", inOrder: true },
  generations: { does: "work", inOrder: true },
  mailbox: { does: "mail", inOrder: true },
  relay: { does: "mail", inOrder: true },
} as const;

export type Kind = keyof typeof kinds;
export const kindNames = Object.keys(kinds) as Kind[];

export interface StartedInstance {
  readonly id: string;
  readonly kind: Kind;
  readonly length: number;
  /** Whether the start was answered with 2xx. */
  isAccepted: boolean;
  /** Events raised, in order, and whether each was answered with 202. */
  readonly mail: { readonly value: number; isAccepted: boolean }[];
}

/** A completion that a client saw: behind the journal's first `journalSize` bytes this activity must not begin. */
export interface SeenCompletion {
  readonly id: string;
  readonly key: string;
  readonly journalSize: number;
}

/** Null stands for an absent row or blob. */
export interface LoadRecord {
  readonly instances: StartedInstance[];
  readonly seen: SeenCompletion[];
  readonly rows: Map<string, Register<string | null>>;
  /** Partitions written by one batch each, with the keys of its rows: all of them or none. */
  readonly batches: Map<string, { readonly keys: readonly string[]; isAccepted: boolean }>;
  /** SHA-256 of the content, in hex. */
  readonly blobs: Map<string, Register<string | null>>;
  /** `<blob> <etag>` of every acknowledged blob write. */
  readonly blobWrites: Set<string>;
  /** Answers of a living host that no kill explains. */
  readonly refusals: string[];
}

export function emptyRecord(): LoadRecord {
  return {
    instances: [],
    seen: [],
    rows: new Map(),
    batches: new Map(),
    blobs: new Map(),
    blobWrites: new Set(),
    refusals: [],
  };
}
