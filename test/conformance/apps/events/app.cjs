"use strict";
/** Journals the events it gets; one whose data says so fails. */
const { appendFileSync } = require("node:fs");
const { app } = require("@azure/functions");

app.eventGrid("onEvent", {
  handler: (event, context) => {
    const seen = { id: event.id, type: event.eventType ?? event.type, data: context.triggerMetadata.data };
    appendFileSync(process.env.TEST_JOURNAL, `${JSON.stringify(seen)}\n`);
    if (event.data.fail) throw new Error("refused on purpose");
  },
});
