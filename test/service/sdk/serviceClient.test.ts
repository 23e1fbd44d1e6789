import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { integer, wireObject } from "../../../src/contract/wireType";
import { ServiceClient } from "../../../src/sdk/serviceClient";
import { ServiceError, UnreachableError } from "../../../src/sdk/serviceError";

const thing = wireObject({ size: ["Size", integer] });
let server: Server;
let answer: { status: number; body: string };
let received: IncomingMessage | undefined;
let client: ServiceClient;

beforeEach(async () => {
  server = createServer((request, response) => {
    received = request;
    response.writeHead(answer.status).end(answer.body);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  client = new ServiceClient({ baseUrl: `http://127.0.0.1:${port}`, token: () => Promise.resolve("secret") });
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((done) => server.close(done));
});

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("ServiceClient", () => {
  test("signs each call and decodes the answer", async () => {
    answer = { status: 200, body: '{"Size":3,"Unknown":1}' };
    expect(await client.get("/x", thing)).toEqual({ size: 3 });
    expect(received?.headers.authorization).toBe("Bearer secret");
  });

  test("turns a refusal of either shape into its code and every problem", async () => {
    answer = {
      status: 400,
      body: '{"Error":{"Code":"InvalidRequest","Message":"2 problems","Details":[{"Code":"UnknownParameter","Message":"no such","Target":"a"}]},"Correlation":{"RequestId":"c-1"}}',
    };
    const error = await failure(client.post("/x", {}, thing));
    expect(error).toBeInstanceOf(ServiceError);
    expect(error).toMatchObject({
      status: 400,
      code: "InvalidRequest",
      message: "2 problems",
      correlationId: "c-1",
    });
    expect((error as ServiceError).problems).toEqual([
      { code: "UnknownParameter", message: "no such", target: "a" },
    ]);
    answer = { status: 401, body: '{"error":{"code":"AuthenticationFailed","message":"no token"}}' };
    expect(await failure(client.get("/x", thing))).toMatchObject({
      code: "AuthenticationFailed",
      problems: [],
    });
  });

  test("takes only 404 for a thing that is not there", async () => {
    answer = { status: 404, body: '{"error":{"code":"NotFound","message":"none"}}' };
    expect(await client.find("/x", thing)).toBeUndefined();
    answer = { status: 500, body: "<html>" };
    expect(await failure(client.find("/x", thing))).toMatchObject({ status: 500, code: "Http500" });
  });

  test("names the key of an answer that is not understood instead of passing it on", async () => {
    answer = { status: 200, body: '{"Size":"big"}' };
    const error = await failure(client.get("/x", thing));
    expect(error).toMatchObject({ code: "UnreadableAnswer", problems: [{ target: "Size" }] });
  });

  test("says that nothing answers where nothing does, without the token", async () => {
    const nobody = new ServiceClient({
      baseUrl: "http://127.0.0.1:1",
      token: () => Promise.resolve("secret"),
    });
    const error = await failure(nobody.get("/x", thing));
    expect(error).toBeInstanceOf(UnreachableError);
    expect((error as Error).message).toBe("Nothing answers at http://127.0.0.1:1.");
  });
});
