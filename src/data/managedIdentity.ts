/**
 * Signs in to storage as the app's own managed identity, by the endpoint that App Service gives it.
 * There is none on a laptop.
 */
import type { IdentityEndpoint } from "../workspace/config";

interface StorageToken {
  readonly token: string;
  readonly expiresOnTimestamp: number;
}

export interface StorageIdentity {
  getToken(): Promise<StorageToken>;
}

/** A token is kept until five minutes before it ends. */
const earlyMs = 5 * 60 * 1000;

export function managedIdentity({ url, header }: IdentityEndpoint, now: () => Date): StorageIdentity {
  let kept: StorageToken | undefined;
  return {
    async getToken() {
      if (kept !== undefined && kept.expiresOnTimestamp - earlyMs > now().getTime()) return kept;
      const query = "resource=https%3A%2F%2Fstorage.azure.com%2F&api-version=2019-08-01";
      const answer = await fetch(`${url}?${query}`, { headers: [["x-identity-header", header]] });
      if (!answer.ok) throw new Error(`The managed identity's endpoint answered ${answer.status}`);
      const body = (await answer.json()) as Readonly<Record<string, unknown>>;
      const token = String(body["access_token"]);
      kept = { token, expiresOnTimestamp: Number(body["expires_on"]) * 1000 };
      return kept;
    },
  };
}
