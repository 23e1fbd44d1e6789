/** A plain Functions app whose activities do nothing: what is left of the time is the host's own. */
const { app } = require("@azure/functions");
const df = require("durable-functions");

df.app.activity("noop", { handler: (input) => input });

/** `length` activities, one after another. */
df.app.orchestration("chain", function* (context) {
  const { length } = context.df.getInput();
  let value = 0;
  for (let i = 0; i < length; i += 1) value = yield context.df.callActivity("noop", value + 1);
  return value;
});

/** `width` activities side by side, then one join. */
df.app.orchestration("fan", function* (context) {
  const { width } = context.df.getInput();
  const calls = Array.from({ length: width }, (_, i) => context.df.callActivity("noop", i));
  return (yield context.df.Task.all(calls)).length;
});

/** Starts an orchestration through the durable client, as apps do. */
app.http("start", {
  methods: ["POST"],
  route: "start/{name}",
  extraInputs: [df.input.durableClient()],
  handler: async (request, context) => {
    const id = await df.getClient(context).startNew(request.params.name, { input: await request.json() });
    return { status: 202, jsonBody: { id } };
  },
});

app.http("ping", { methods: ["GET"], route: "ping", handler: () => ({ body: "pong" }) });

app.timer("hourly", { schedule: "0 0 * * * *", handler: () => undefined });
