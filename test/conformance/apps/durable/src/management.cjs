"use strict";
/** The durable client as functions use it: an operation by its name, answered with what it gave or threw. */
const { app } = require("@azure/functions");
const df = require("durable-functions");

const operations = {
  startNew: (client, { name, instanceId, input, version }) => {
    const options = input === undefined ? { instanceId, version } : { instanceId, input, version };
    return client.startNew(name, options);
  },
  startWithoutInput: (client, { name, instanceId }) => client.startNew(name, { instanceId }),
  getStatus: (client, { instanceId, ...options }) => client.getStatus(instanceId, options),
  getStatusAll: (client) => client.getStatusAll(),
  getStatusBy: (client, { createdTimeFrom, createdTimeTo, runtimeStatus }) =>
    client.getStatusBy({
      createdTimeFrom: createdTimeFrom === undefined ? undefined : new Date(createdTimeFrom),
      createdTimeTo: createdTimeTo === undefined ? undefined : new Date(createdTimeTo),
      runtimeStatus,
    }),
  raiseEvent: (client, { instanceId, event, data }) => client.raiseEvent(instanceId, event, data),
  terminate: (client, { instanceId, reason }) => client.terminate(instanceId, reason),
  suspend: (client, { instanceId, reason }) => client.suspend(instanceId, reason),
  resume: (client, { instanceId, reason }) => client.resume(instanceId, reason),
  rewind: (client, { instanceId, reason }) => client.rewind(instanceId, reason),
  purge: (client, { instanceId }) => client.purgeInstanceHistory(instanceId),
  purgeBy: (client, { createdTimeFrom, runtimeStatus }) =>
    client.purgeInstanceHistoryBy({ createdTimeFrom: new Date(createdTimeFrom), runtimeStatus }),
  payload: (client, { instanceId }) => client.createHttpManagementPayload(instanceId),
  clientData: (client) => client.clientData,
};

app.http("client", {
  methods: ["POST"],
  route: "client/{operation}",
  authLevel: "anonymous",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    try {
      const result = await operations[request.params.operation](client, await request.json());
      return { jsonBody: { result: result ?? null } };
    } catch (error) {
      return { jsonBody: { thrown: error.message } };
    }
  },
});

app.http("startAndPoint", {
  methods: ["POST"],
  route: "startAndPoint/{name}",
  authLevel: "anonymous",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const client = df.getClient(context);
    const id = await client.startNew(request.params.name, { input: await request.json() });
    return client.createCheckStatusResponse(request, id);
  },
});

app.http("waitFor", {
  methods: ["POST"],
  route: "waitFor/{instanceId}/{timeoutInMilliseconds}",
  authLevel: "anonymous",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) =>
    df.getClient(context).waitForCompletionOrCreateCheckStatusResponse(request, request.params.instanceId, {
      timeoutInMilliseconds: Number(request.params.timeoutInMilliseconds),
      retryIntervalInMilliseconds: 20,
    }),
});
