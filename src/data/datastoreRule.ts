/**
 * What may be registered as a datastore.
 *
 * 1. Only Azure's own storage hosts and the storage that the workspace itself is on can be named: the app sends
 *    signatures there.
 * 2. The containers that the app and its host keep their state in are nobody's data.
 */
import type { Problem } from "../model/problem";
import { isSystemContainer } from "../model/systemContainers";
import type { NewDatastore } from "./datastores";

const clouds = ["core.windows.net", "core.chinacloudapi.cn", "core.usgovcloudapi.net", "core.cloudapi.de"];

/** What a column holds with room to spare; a sealed token takes a third more than it has. */
const longestText = 30_000;
const longestSas = 8_000;

export interface OwnStorage {
  readonly accountName: string;
  /** Host, with its port, of the workspace's blob service. */
  readonly host: string;
}

/** Everything that is wrong with a registration. Code: `InvalidDatastore`. No secret is repeated. */
export function datastoreProblems(datastore: NewDatastore, own: OwnStorage): readonly Problem[] {
  const { name, accountName, containerName, endpoint, protocol, tags } = datastore;
  const isOwn = endpoint === own.host;
  return [
    wrongUnless(/^[A-Za-z0-9_-]{1,255}$/.test(name), "name", "1 to 255 letters, digits, _ or -", name),
    wrongUnless(
      /^[a-z0-9]{3,24}$/.test(accountName),
      "accountName",
      "a storage account: 3 to 24 small letters and digits",
      accountName,
    ),
    wrongUnless(
      /^[a-z0-9](-?[a-z0-9])+$/.test(containerName) &&
        containerName.length >= 3 &&
        containerName.length <= 63,
      "containerName",
      "a container: 3 to 63 small letters, digits and single hyphens",
      containerName,
    ),
    wrongUnless(
      !isSystemContainer(containerName),
      "containerName",
      "a container of your own, not one of the service's",
      containerName,
    ),
    wrongUnless(
      isOwn || clouds.includes(endpoint),
      "endpoint",
      `one of ${[...clouds, own.host].join(", ")}`,
      endpoint,
    ),
    wrongUnless(isOwn || protocol === "https", "protocol", "https", protocol),
    wrongUnless(
      JSON.stringify(tags).length <= longestText,
      "tags",
      `at most ${longestText} characters`,
      "more",
    ),
    ...credentialProblems(datastore),
  ].filter((problem) => problem !== undefined);
}

function credentialProblems({ credential }: NewDatastore): readonly (Problem | undefined)[] {
  switch (credential.kind) {
    case "accountKey": {
      const isKey = /^[A-Za-z0-9+/]{20,1000}={0,2}$/.test(credential.accountKey);
      return [wrongUnless(isKey, "credential", "an account key in base64", "something else")];
    }
    case "sas": {
      const { sasToken } = credential;
      const isSigned = sasToken.length <= longestSas && new URLSearchParams(sasToken).has("sig");
      return [
        wrongUnless(
          isSigned,
          "credential",
          `a SAS token with a signature, at most ${longestSas} characters`,
          "something else",
        ),
      ];
    }
    case "identity":
      return [];
  }
}

function wrongUnless(holds: boolean, field: string, expected: string, received: string): Problem | undefined {
  return holds
    ? undefined
    : { code: "InvalidDatastore", field, expected, received: received.slice(0, 80) || "nothing" };
}

/** Accounts stand in the path where the host is an address or has a port, as local storage has it. */
export function containerUrlOf(
  datastore: Pick<NewDatastore, "accountName" | "containerName" | "endpoint" | "protocol">,
): string {
  const { accountName, containerName, endpoint, protocol } = datastore;
  const isPathStyle = /:\d+$/.test(endpoint) || /^\d+(\.\d+){3}$/.test(endpoint);
  return isPathStyle
    ? `${protocol}://${endpoint}/${accountName}/${containerName}`
    : `${protocol}://${accountName}.blob.${endpoint}/${containerName}`;
}
