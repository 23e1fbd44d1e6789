#!/usr/bin/env node
// The `sluice` command. It prepares nothing: `npm start` and `npm test` do.
import { requireNode } from "./nodeVersion.mjs";

requireNode("the command");
import("./sluiceCommand.mjs")
  .then(function (module) {
    return module.sluiceCommand(process.argv.slice(2));
  })
  .catch(function (error) {
    console.error(error && error.plain ? error.message : error);
    process.exit(1);
  });
