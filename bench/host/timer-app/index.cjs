/** One timer function and a route that tells that the app serves. */
const { app } = require("@azure/functions");

app.timer("hourly", { schedule: "0 0 * * * *", handler: () => undefined });
app.http("ping", { methods: ["GET"], route: "ping", handler: () => ({ body: "pong" }) });
