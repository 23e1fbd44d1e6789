/** Door: every HTTP call. There is one function; which route a path means is decided by the API's route table. */
import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from "@azure/functions";
import type { ApiRequest, ApiResponse } from "../api/apiMessage";
import { getApi } from "./composition";
import { durableClient, engineOf } from "./durableEngine";

app.http("http", {
  methods: ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"],
  // The API checks tokens itself; keys of the host would lock out callers of v1.
  authLevel: "anonymous",
  route: "{*path}",
  extraInputs: [durableClient],
  handler: handleHttp,
});

async function handleHttp(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const engine = engineOf(context);
  return toHttp(await getApi(engine).handle(toApiRequest(request), engine));
}

function toApiRequest(request: HttpRequest): ApiRequest {
  return {
    method: request.method.toUpperCase(),
    path: new URL(request.url).pathname,
    query: request.query,
    headers: Object.fromEntries(request.headers.entries()),
    body: request.body,
  };
}

function toHttp({ status, headers: entries, body }: ApiResponse): HttpResponseInit {
  const headers = Object.fromEntries(entries);
  return body === "" ? { status, headers } : { status, headers, body };
}
