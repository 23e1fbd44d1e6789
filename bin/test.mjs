// `npm test`: from a bare clone to one last line, `N passed, N failed`.
import { requireNode } from "./nodeVersion.mjs";

requireNode("npm test");
import("./testEverything.mjs")
  .then(function (module) {
    return module.testEverything(process.argv.slice(2));
  })
  .catch(function (error) {
    console.error(error && error.plain ? error.message : error);
    console.log("0 passed, 1 failed");
    process.exit(1);
  });
