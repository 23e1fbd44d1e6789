"use strict";
const { app } = require("@azure/functions");

app.http("second", { handler: () => ({ body: "second" }) });
