/**
 * Pages of runs, newest first.
 *
 * Invariants:
 * 1. A page without a condition costs one range query and as many point reads as it has rows, whatever the history.
 * 2. A page with one looks at `mostScanned` rows at most and answers what it found, possibly nothing, with a token to
 *    go on from: a null token alone says that there is no more.
 * 3. No run is left out or told twice between pages, however many are submitted meanwhile.
 */
import { mapSome } from "./batches";
import { experimentIdOf } from "./experimentStore";
import { indexRowKey, listOf, type IndexEntry } from "./runIndexStore";
import type { Page, RunFilter, RunRecord } from "./runs";
import type { RunStores } from "./runStores";

export const mostScanned = 1_000;
const readsAtOnce = 32;
/** Portions grow from a page to this, so that a condition which most runs fulfil costs no more than a page. */
const largestPortion = 200;

export interface RunListing {
  readonly filter: RunFilter;
  /** 1–500. */
  readonly top: number;
  readonly continuationToken: string | null;
  /** What a run must fulfil besides; null = nothing. */
  readonly isWanted: ((run: RunRecord) => boolean) | null;
}

export async function listRuns(stores: RunStores, listing: RunListing): Promise<Page<RunRecord>> {
  const top = Math.min(500, Math.max(1, Math.trunc(listing.top)));
  const { filter, continuationToken, isWanted } = listing;
  const list = listOf(filter, experimentIdOf);
  if (isWanted === null) {
    const page = await stores.index.page(list, top, continuationToken);
    const runs = await readRuns(stores, page.entries);
    return { items: runs.filter((run) => run !== undefined), continuationToken: page.continuationToken };
  }
  return scan(stores, list, { top, continuationToken, isWanted });
}

interface Scan {
  readonly top: number;
  readonly continuationToken: string | null;
  readonly isWanted: (run: RunRecord) => boolean;
}

async function scan(
  stores: RunStores,
  list: string,
  { top, continuationToken, isWanted }: Scan,
): Promise<Page<RunRecord>> {
  const items: RunRecord[] = [];
  let token = continuationToken;
  let left = mostScanned;
  for (let portion = top; left > 0; portion *= 2) {
    const wanted = Math.min(portion, largestPortion, left);
    const page = await stores.index.page(list, wanted, token);
    left -= wanted;
    const runs = await readRuns(stores, page.entries);
    for (const [at, entry] of page.entries.entries()) {
      const run = runs[at];
      if (run !== undefined && isWanted(run)) items.push(run);
      if (items.length === top) return { items, continuationToken: indexRowKey(entry) };
    }
    token = page.continuationToken;
    if (token === null) break;
  }
  return { items, continuationToken: token };
}

/** In the order of the entries; undefined in the place of one whose submission died or lost. */
async function readRuns(
  stores: RunStores,
  entries: readonly IndexEntry[],
): Promise<readonly (RunRecord | undefined)[]> {
  const runs = await mapSome(entries, readsAtOnce, ({ runId }) => stores.runs.find(runId));
  return runs.map((run, at) => (run?.record.createdAt === entries[at]?.createdAt ? run?.record : undefined));
}
