// `npm run verify`: every check that needs no service, in less than a minute.
import { requireNode } from "./nodeVersion.mjs";

requireNode("npm run verify");
import("./verifyEverything.mjs")
  .then(function (module) {
    return module.verifyEverything();
  })
  .catch(function (error) {
    console.error(error);
    process.exit(1);
  });
