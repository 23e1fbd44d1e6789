"use strict";
const { app } = require("@azure/functions");

app.timer("bad", { schedule: process.env.TEST_SCHEDULE, handler: () => undefined });
