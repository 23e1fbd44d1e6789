/**
 * Finds the step that computed, or is computing, a key. Table `StepResults`, partition: the hash of the step's name,
 * so that both rows of a step can be written in one transaction.
 *
 * - `key-<key>` names the step that computes the key or was the last to: its own row says how far it is and what it
 *   left, so that a claim becomes a result with the step's terminal row and a crash cannot part them.
 * - `last-<step of a pipeline>` keeps the parts of the key with which that step came the last time.
 *
 * Invariants:
 * 1. Of several steps that claim one key at once exactly one gets it: by insertion, or by the ETag of a claim whose
 *    step came to nothing.
 * 2. A claim and the parts that go with it are one transaction.
 */
import { TableTransaction, type TableClient } from "@azure/data-tables";
import { z } from "zod";
import { readJsonBlob, writeJsonBlob } from "../workspace/jsonBlob";
import { sha256 } from "../workspace/sha256";
import { isConflict, isNotFound, isPreconditionFailed } from "../workspace/storageErrors";
import type { Workspace } from "../workspace/workspace";
import { keyPartKinds, type Fingerprint, type KeyPart } from "./fingerprint";
import { longestColumn, readJsonColumn } from "./rowText";
import type { StepOrigin } from "./runs";

/** The step that has a key, and where its row is. */
export interface Claim {
  readonly origin: StepOrigin;
  /** Token of the run's claim. */
  readonly token: string;
  /** Why it runs, for when it is interrupted before its own row says so. */
  readonly reason: string;
  readonly comparedWith: string | null;
}

export interface StoredClaim extends Claim {
  readonly etag: string;
}

/** A step as it came the last time. */
export interface LastStep {
  readonly runId: string;
  readonly snapshotId: string;
  readonly key: string;
}

/** The step of a pipeline that is looked at. */
export interface StepIdentity {
  readonly pipelineName: string;
  readonly stepName: string;
  /** Among the steps of that name in the pipeline, from 0. */
  readonly nth: number;
}

export interface ReuseStore {
  find(
    step: StepIdentity,
    key: string,
  ): Promise<{ readonly claim: StoredClaim | undefined; readonly last: StoredLast | undefined }>;
  /** The parts that go with a row that `find` gave. */
  partsOf(last: StoredLast): Promise<readonly KeyPart[]>;
  /**
   * Takes the key, in place of `instead` when that is given; `any` takes it whoever has it. False when another
   * step came first.
   */
  claim(request: ClaimRequest, instead: StoredClaim | undefined | "any"): Promise<boolean>;
  /** Keeps the parts of a step that did not need to claim its key. */
  remember(request: Omit<ClaimRequest, "claim">): Promise<void>;
}

export interface ClaimRequest {
  readonly step: StepIdentity;
  readonly fingerprint: Fingerprint;
  readonly claim: Claim;
  readonly snapshotId: string;
  readonly runId: string;
}

export interface StoredLast extends LastStep {
  readonly parts: readonly KeyPart[] | null;
}

const claimRow = z.object({
  etag: z.string(),
  runId: z.string(),
  stepId: z.string(),
  stepRunId: z.string(),
  token: z.string(),
  reason: z.string(),
  comparedWith: z.string().optional(),
});

const lastRow = z.object({
  key: z.string(),
  runId: z.string(),
  snapshotId: z.string(),
  parts: z.string().optional(),
});

const keyParts: z.ZodType<readonly KeyPart[]> = z.array(
  z.object({
    kind: z.enum(keyPartKinds),
    name: z.string(),
    nth: z.number().optional(),
    value: z.string(),
    hash: z.string().optional(),
    step: z.string().optional(),
  }),
);

export function createReuseStore(workspace: Workspace): ReuseStore {
  const table = (): Promise<TableClient> => workspace.table("StepResults");

  async function lastOf(request: Omit<ClaimRequest, "claim">) {
    const { step, fingerprint, runId, snapshotId } = request;
    const { key } = fingerprint;
    const text = JSON.stringify(fingerprint.parts);
    const isLong = text.length > longestColumn;
    if (isLong) await writeJsonBlob(workspace, partsBlob(key), fingerprint.parts);
    const columns = { key, runId, snapshotId, ...(!isLong && { parts: text }) };
    return { partitionKey: partitionOf(step), rowKey: lastKey(step), ...columns };
  }

  return {
    async find(step, key) {
      const client = await table();
      const partitionKey = partitionOf(step);
      const [claim, last] = await Promise.all([
        findRow(client, partitionKey, claimKey(key)),
        findRow(client, partitionKey, lastKey(step)),
      ]);
      return {
        claim: claim === undefined ? undefined : decodeClaim(claim),
        last: last === undefined ? undefined : decodeLast(last),
      };
    },
    async partsOf({ key, parts }) {
      return parts ?? keyParts.parse((await readJsonBlob(workspace, partsBlob(key))) ?? []);
    },
    async claim(request, instead) {
      const transaction = new TableTransaction();
      const row = encodeClaim(request);
      if (instead === undefined) transaction.createEntity(row);
      else if (instead === "any") transaction.upsertEntity(row, "Replace");
      else transaction.updateEntity(row, "Replace", { etag: instead.etag });
      transaction.upsertEntity(await lastOf(request), "Replace");
      try {
        await (await table()).submitTransaction(transaction.actions);
        return true;
      } catch (error) {
        if (isConflict(error) || isPreconditionFailed(error) || isNotFound(error)) return false;
        throw error;
      }
    },
    async remember(request) {
      await (await table()).upsertEntity(await lastOf(request), "Replace");
    },
  };
}

function partitionOf({ stepName }: StepIdentity): string {
  return sha256(stepName);
}

const claimKey = (key: string): string => `key-${key}`;

function lastKey({ pipelineName, nth }: StepIdentity): string {
  return `last-${sha256(JSON.stringify([pipelineName, nth]))}`;
}

const partsBlob = (key: string): string => `reuse/${key}.json`;

async function findRow(client: TableClient, partitionKey: string, rowKey: string): Promise<unknown> {
  try {
    return await client.getEntity(partitionKey, rowKey);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function encodeClaim({ step, fingerprint, claim }: ClaimRequest) {
  const { origin, token, reason, comparedWith } = claim;
  return {
    partitionKey: partitionOf(step),
    rowKey: claimKey(fingerprint.key),
    ...origin,
    token,
    reason,
    ...(comparedWith !== null && { comparedWith }),
  };
}

function decodeClaim(entity: unknown): StoredClaim {
  const { etag, token, reason, comparedWith = null, ...origin } = claimRow.parse(entity);
  return { origin, token, reason, comparedWith, etag };
}

function decodeLast(entity: unknown): StoredLast {
  const { parts, ...columns } = lastRow.parse(entity);
  return { ...columns, parts: parts === undefined ? null : keyParts.parse(readJsonColumn(parts)) };
}
