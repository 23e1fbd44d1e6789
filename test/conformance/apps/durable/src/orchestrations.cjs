"use strict";
const df = require("durable-functions");
const generators = require("./generators.cjs");

for (const [name, generator] of Object.entries(generators)) df.app.orchestration(name, generator);
