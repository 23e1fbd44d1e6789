/** The addresses of the durable API, as the client library and callers of the app get them. */

export interface DurableAddresses {
  readonly hubName: string;
  readonly connectionName: string;
  /** `http://localhost:<port>/runtime/webhooks/durabletask`. */
  readonly webhookUrl: string;
  readonly webhookKey: string;
  /** Ends in a slash; its path cannot be guessed, since no key protects it. Null: the client uses the webhooks. */
  readonly rpcUrl: string | null;
}

/** The value of a `durableClient` input, as JSON text. */
export function durableClientInput(addresses: DurableAddresses): string {
  const { hubName, connectionName, webhookUrl, webhookKey, rpcUrl } = addresses;
  const create = `${webhookUrl}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: hubName,
    connectionName: null,
    creationUrls: {
      createNewInstancePostUri: `${create}?code=${webhookKey}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=${webhookKey}`,
    },
    managementUrls: {
      id: "INSTANCEID",
      ...managementUrls(addresses, "INSTANCEID"),
      rewindPostUri: managementUrl(addresses, "INSTANCEID", "/rewind", "reason={text}"),
    },
    baseUrl: webhookUrl,
    requiredQueryStringParameters: `code=${webhookKey}`,
    ...(rpcUrl === null ? {} : { rpcBaseUrl: rpcUrl }),
    httpBaseUrl: null,
    connection: connectionName,
  });
}

/** The links of one instance, as a start answers them. */
export function managementUrls(
  addresses: DurableAddresses,
  instanceId: string,
): Readonly<Record<string, string>> {
  const link = (suffix = "", query = ""): string => managementUrl(addresses, instanceId, suffix, query);
  return {
    statusQueryGetUri: link(),
    sendEventPostUri: link("/raiseEvent/{eventName}"),
    terminatePostUri: link("/terminate", "reason={text}"),
    purgeHistoryDeleteUri: link(),
    restartPostUri: link("/restart"),
    suspendPostUri: link("/suspend", "reason={text}"),
    resumePostUri: link("/resume", "reason={text}"),
  };
}

function managementUrl(
  addresses: DurableAddresses,
  instanceId: string,
  suffix: string,
  query: string,
): string {
  const { webhookUrl, hubName, connectionName, webhookKey } = addresses;
  const common = `taskHub=${hubName}&connection=${connectionName}&code=${webhookKey}`;
  return `${webhookUrl}/instances/${encodeURIComponent(instanceId)}${suffix}?${query === "" ? "" : `${query}&`}${common}`;
}
