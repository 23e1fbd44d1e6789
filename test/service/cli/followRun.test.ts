import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { followRun } from "../../../src/cli/followRun";
import type { RunView } from "../../../src/cli/render/runTree";
import { historyRun, runPage } from "../../../src/contract/historyRun";
import { PipelineRun } from "../../../src/sdk/pipelineRun";
import { Workspace } from "../../../src/sdk/workspace";

let server: Server;
let run: PipelineRun;
/** What the service does with the next requests. */
let answer: (response: ServerResponse, body: unknown) => void;
const seen: string[] = [];
const show = ({ status }: RunView): void => void seen.push(status);

const answerWith = (status: string) => (response: ServerResponse, body: unknown) => {
  const entity = body === run1 ? { ...run1, status } : body;
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(entity));
};

const run1 = historyRun.encode({
  runId: "r-1",
  runNumber: 1,
  rootRunId: "r-1",
  parentRunId: null,
  experimentId: "e",
  name: "e",
  displayName: "e",
  status: "Running",
  runType: "azureml.PipelineRun",
  createdUtc: "2026-01-01T00:00:00.000Z",
  startTimeUtc: "2026-01-01T00:00:00.000Z",
  endTimeUtc: null,
  dataContainerId: "dcid.r-1",
  tags: {},
  properties: {},
  target: null,
  error: null,
  warnings: [],
  hidden: false,
}) as Readonly<Record<string, unknown>>;
const noSteps = runPage.encode({ value: [], continuationToken: null });

beforeEach(async () => {
  seen.length = 0;
  server = createServer((request, response) =>
    answer(response, request.url?.endsWith("/children") === true ? noSteps : run1),
  );
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const workspace = new Workspace({
    baseUrl: `http://127.0.0.1:${port}`,
    token: () => Promise.resolve("token"),
  });
  run = new PipelineRun(workspace, "r-1", "e");
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
});

describe("following a run", () => {
  test("goes on after a failure that passes", async () => {
    let calls = 0;
    answer = (response, body) => {
      calls += 1;
      if (calls <= 4) response.writeHead(503).end("{}");
      else answerWith("Completed")(response, body);
    };
    const { view } = await followRun(run, "tumour", show, new AbortController().signal);
    expect([view.status, seen]).toEqual(["Finished", ["Finished"]]);
  });

  test("ends in a clear sentence when the service stops answering, and never waits for ever", async () => {
    answer = answerWith("Running");
    const followed = followRun(
      run,
      "tumour",
      (view) => {
        show(view);
        answer = () => undefined;
      },
      new AbortController().signal,
      300,
    );
    await expect(followed).rejects.toThrow(
      "The service has told nothing of run r-1 for 0.3 s (it does not answer): " +
        "start it again, then sluice run r-1 shows what became of the run.",
    );
    expect(seen).toEqual(["Running"]);
  });

  test("ends in a clear sentence when the service is gone", async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    const followed = followRun(run, "tumour", show, new AbortController().signal, 300);
    await expect(followed).rejects.toThrow(
      /^The service has told nothing .* \(Nothing answers at http:\S+\): /,
    );
  });
});
