/** Rows as they lie in tables: a row of today must still be read by every later version. */
import { describe, expect, test } from "@jest/globals";
import {
  decodeHead,
  decodeVersion,
  encodeHead,
  encodeVersion,
  versionKey,
} from "../../../src/data/datasetRow";
import { decodeDatastoreRow, encodeDatastoreRow } from "../../../src/data/datastoreRow";

const etag = 'W/"1"';

describe("the row of a datastore", () => {
  const golden = {
    partitionKey: "registered",
    rowKey: "lab",
    accountName: "labdata",
    containerName: "measurements",
    containerUrl: "https://labdata.blob.core.windows.net/measurements",
    credentialKind: "sas",
    hasBeenValidated: true,
    tags: '{"stage":"raw"}',
    secret: "s1.iv.tag.body",
  };

  test("reads as it was written, with its sealed secret apart from what is told", () => {
    const { details, secret } = decodeDatastoreRow({ ...golden, etag });
    expect(details).not.toHaveProperty("secret");
    expect(secret).toBe("s1.iv.tag.body");
    expect(encodeDatastoreRow(details, secret)).toEqual(golden);
  });

  test("has no secret for an identity", () => {
    const { secret: left, ...plain } = { ...golden, credentialKind: "identity" };
    expect(left).toBe(golden.secret);
    const { details, secret } = decodeDatastoreRow({ ...plain, etag });
    expect(secret).toBeNull();
    expect(encodeDatastoreRow(details, secret)).toEqual(plain);
  });
});

describe("the rows of a dataset", () => {
  const partitionKey = "n:02640d90db41e5d7d7eea85fea1e90dc50cf7ee90b55df78b217d6cddd1a37b8";
  const head = { rowKey: "head", datasetId: "d-1", name: "iris", state: "deprecated", latestVersion: 2 };
  const version = {
    rowKey: "v:9999999997",
    version: 2,
    savedId: "s-1",
    description: "flowers",
    tags: '{"a":"1"}',
    createdAt: "2026-01-02T03:04:05.000Z",
  };

  test("read as they were written", () => {
    const { etag: read, ...decoded } = decodeHead({ ...head, etag });
    expect(read).toBe(etag);
    const { partitionKey: own, ...row } = encodeHead(decoded);
    expect(row).toEqual(head);
    const { partitionKey: same, ...versionRow } = encodeVersion("iris", decodeVersion(version));
    expect(versionRow).toEqual(version);
    expect([own.length, own]).toEqual([partitionKey.length, same]);
  });

  test("put the newest version first", () => {
    expect(versionKey(10) < versionKey(9)).toBe(true);
    expect(versionKey(1) > "v:").toBe(true);
  });
});
