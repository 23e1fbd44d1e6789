"use strict";
const { app } = require("@azure/functions");

app.http("twice", { handler: () => ({}) });
app.timer("twice", { schedule: "0 0 0 1 1 *", handler: () => undefined });
