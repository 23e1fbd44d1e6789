"use strict";
/** One function for every kind of trigger or binding that the local host refuses. */
const { app, input, output } = require("@azure/functions");
const df = require("durable-functions");

const handler = () => undefined;
const connection = "AzureWebJobsStorage";
const queue = output.storageQueue({ queueName: "out", connection });
const blob = output.storageBlob({ path: "out/{name}", connection });

app.storageQueue("queueTrigger", { queueName: "in", connection, handler });
app.http("queueExtraOutput", { extraOutputs: [queue], handler });
app.eventGrid("queueReturn", { return: queue, handler });
app.storageBlob("blobTrigger", { path: "in/{name}", connection, handler });
app.storageBlob("blobEvents", { path: "in/{name}", connection, source: "EventGrid", handler });
app.http("blobInput", { extraInputs: [input.storageBlob({ path: "in/x", connection })], handler });
app.http("sharedOutput1", { extraOutputs: [blob], handler });
app.http("sharedOutput2", { extraOutputs: [blob], handler });
app.serviceBusQueue("serviceBus", { queueName: "in", connection, handler });
app.cosmosDB("cosmos", { databaseName: "d", containerName: "c", connection, handler });
app.http("sms", { extraOutputs: [output.generic({ type: "twilioSms", from: "1" })], handler });
df.app.entity("counter", handler);
app.setup({ enableHttpStream: true });
