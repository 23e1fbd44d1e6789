#!/usr/bin/env node
// The `sluice-host` command: the local Functions host alone.
import { requireNode } from "./nodeVersion.mjs";

requireNode("the command");
import("../dist/host/main.js").catch(function (error) {
  var isMissing = error && error.code === "ERR_MODULE_NOT_FOUND";
  console.error(isMissing ? "Sluice is not built yet: run npm start once." : error);
  process.exit(1);
});
