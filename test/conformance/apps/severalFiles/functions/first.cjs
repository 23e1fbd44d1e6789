"use strict";
const { app } = require("@azure/functions");

app.http("first", { handler: () => ({ body: "first" }) });
