#!/usr/bin/env node
// `npm start`: works in a bare clone. Node's version is judged before anything newer is even parsed.
import { requireNode } from "./nodeVersion.mjs";

requireNode("npm start");
import("./startService.mjs")
  .then(function (module) {
    return module.startService(process.argv.slice(2));
  })
  .catch(function (error) {
    console.error(error && error.plain ? error.message : error);
    process.exit(1);
  });
