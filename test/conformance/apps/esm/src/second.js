import { app } from "@azure/functions";

await Promise.resolve();
app.http("second", { handler: () => ({ body: "second" }) });
