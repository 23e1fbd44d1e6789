/** Credentials of datastores on their way into a row and out of it: sealed under a key from outside the storage. */
import type { Problem } from "../model/problem";
import type { StoredDatastore } from "./datastoreRow";
import type { DatastoreCredential } from "./datastores";
import { openSecret, sealSecret } from "./secretBox";

/** 32 bytes. */
export type SecretKey = () => Promise<Uint8Array>;

const contextOf = (name: string): string => `datastore/${name}`;

/** Null where the credential needs no secret. */
export async function sealedSecret(
  secretKey: SecretKey | undefined,
  name: string,
  credential: DatastoreCredential,
): Promise<string | null> {
  const secret = secretOf(credential);
  if (secret === null || secretKey === undefined) return null;
  return sealSecret(await secretKey(), contextOf(name), secret);
}

function secretOf(credential: DatastoreCredential): string | null {
  switch (credential.kind) {
    case "accountKey":
      return credential.accountKey;
    case "sas":
      return credential.sasToken;
    case "identity":
      return null;
  }
}

/** Code: `SecretsUnavailable`. */
export function unsealable(
  secretKey: SecretKey | undefined,
  credential: DatastoreCredential,
): readonly Problem[] {
  if (secretKey !== undefined || secretOf(credential) === null) return [];
  const expected = "an identity, or the setting SLUICE_SECRET_KEY, under which secrets are sealed";
  const received = "a secret and no key to seal it with";
  return [{ code: "SecretsUnavailable", field: "credential", expected, received }];
}

/** Rejects with a sentence that holds no secret where it does not open. */
export async function credentialOf(
  secretKey: SecretKey | undefined,
  { details: { name, credentialKind }, secret }: StoredDatastore,
): Promise<DatastoreCredential> {
  if (credentialKind === "identity") return { kind: "identity" };
  const key = await secretKey?.();
  const opened = key === undefined || secret === null ? undefined : openSecret(key, contextOf(name), secret);
  if (opened === undefined) {
    throw new Error(
      `The secret of datastore ${name} cannot be read with this key: register the datastore anew`,
    );
  }
  return credentialKind === "sas"
    ? { kind: "sas", sasToken: opened }
    : { kind: "accountKey", accountKey: opened };
}
