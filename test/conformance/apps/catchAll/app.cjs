"use strict";
const { app } = require("@azure/functions");

app.http("everything", {
  route: "{*path}",
  handler: (request) => ({ body: `app ${request.params.path ?? ""}` }),
});
