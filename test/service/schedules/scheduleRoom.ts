/** A schedules room on real storage, with hand-moved clock and runs that claim insert-only in memory. */
import { randomUUID } from "node:crypto";
import type { Datastores } from "../../../src/data/datastores";
import type { PipelineDefinition } from "../../../src/model/definition";
import type {
  PipelineEndpoint,
  PipelineEndpoints,
  PublishedPipeline,
  PublishedPipelines,
} from "../../../src/pipelines/publishedPipelines";
import type { RunRecord, Runs, RunSubmission, SubmitOutcome } from "../../../src/runs/runs";
import { createSchedules, type SchedulesParts } from "../../../src/schedules/createSchedules";
import type {
  BlobEvent,
  ScheduleEngine,
  ScheduleEvent,
  ScheduleRequest,
  Schedules,
} from "../../../src/schedules/schedules";
import { randomIds } from "../../../src/workspace/ids";
import { openWorkspace } from "../../../src/workspace/openWorkspace";
import type { Workspace } from "../../../src/workspace/workspace";
import { aRun } from "../../unit/api/records";
import { parseRunsConfig } from "../../../src/workspace/runsConfig";

export const pipelineId = "0f0e0d0c-0000-4000-8000-000000000001";
export const endpointId = "0f0e0d0c-0000-4000-8000-000000000002";

const definition: PipelineDefinition = {
  parameters: [
    { kind: "literal", name: "epochs", type: "int", defaultValue: 10 },
    { kind: "dataPath", name: "input_data", defaultValue: null },
  ],
  steps: [],
};

/** Remembers the ticks that it is to start. */
export class RememberingEngine implements ScheduleEngine {
  readonly ticks: string[] = [];
  startRun = () => Promise.resolve();
  wake = () => Promise.resolve();
  isUnderWay = () => Promise.resolve(false);
  startStep = () => Promise.resolve();
  startTick(dueAt: Date): Promise<void> {
    this.ticks.push(dueAt.toISOString());
    return Promise.resolve();
  }
}

export const engine: ScheduleEngine = new RememberingEngine();

/** Claims a run id once; shared by several rooms it is what two hosts share. */
export class ClaimedRuns {
  readonly submissions: RunSubmission[] = [];
  readonly claimed = new Map<string, string>();
  /** Runs that are over; all others still run. */
  readonly over = new Set<string>();
  /** What every submission is answered with instead, while set. */
  refusal: SubmitOutcome | undefined;
  /** Called before a submission is looked at. */
  beforeSubmit: () => Promise<void> = () => Promise.resolve();

  constructor(private readonly now: () => Date) {}

  asRuns(): Runs {
    const absent = (): never => {
      throw new Error("not part of this test");
    };
    return {
      submit: async (submission) => {
        await this.beforeSubmit();
        if (this.refusal !== undefined) return this.refusal;
        const { runId } = submission;
        if (this.claimed.has(runId)) return { status: "already-claimed", runId };
        this.claimed.set(runId, this.now().toISOString());
        this.submissions.push(submission);
        return { status: "accepted", runId, run: aRun({ runId }) };
      },
      find: (runId) => {
        const createdAt = this.claimed.get(runId);
        const cause = this.submissions.find((each) => each.runId === runId)?.cause;
        const scheduleId = cause !== undefined && "scheduleId" in cause ? cause.scheduleId : null;
        return Promise.resolve(
          createdAt === undefined ? undefined : ({ runId, createdAt, scheduleId } as RunRecord),
        );
      },
      list: () => {
        const items = [...this.claimed.keys()].map((runId) =>
          aRun({ runId, status: this.over.has(runId) ? "finished" : "running" }),
        );
        return Promise.resolve({ items: items.reverse(), continuationToken: null });
      },
      steps: absent,
      findStepRun: absent,
      outputs: absent,
      metrics: absent,
      metricPage: absent,
      artifacts: absent,
      artifactUrl: absent,
      cancel: (runId) => {
        this.over.add(runId);
        return Promise.resolve("accepted");
      },
    };
  }
}

export interface Room {
  readonly schedules: Schedules;
  readonly workspace: Workspace;
  readonly runs: ClaimedRuns;
  readonly datastores: Datastores;
  readonly pipelines: PublishedPipelines;
  readonly endpoints: PipelineEndpoints;
  /** Moves the clock. */
  setNow(iso: string): Date;
  eventsOf(id: string): Promise<readonly ScheduleEvent[]>;
  /** The same room again, as a second host has it. */
  secondHost(replaced?: Partial<SchedulesParts>): Schedules;
}

export function openRoom(connectionString: string, startAt: string): Room {
  let now = new Date(startAt);
  const workspace = openWorkspace(
    {
      subscriptionId: "",
      resourceGroup: "",
      workspaceName: "",
      storageConnection: connectionString,
      selfUrl: "http://127.0.0.1",
      runs: parseRunsConfig({}, []),
      journalDays: 90,
      local: null,
    },
    { clock: { now: () => now }, log: { write: () => undefined }, ids: randomIds },
  );
  const runs = new ClaimedRuns(() => now);
  const parts: SchedulesParts = { workspace, runs: runs.asRuns(), ...publishedParts(workspace) };
  const schedules = createSchedules(parts);
  return {
    schedules,
    workspace,
    runs,
    datastores: parts.datastores,
    pipelines: parts.pipelines,
    endpoints: parts.endpoints,
    setNow(iso) {
      now = new Date(iso);
      return now;
    },
    eventsOf: async (id) => (await schedules.events(id, 100, null)).items,
    secondHost: (replaced = {}) => createSchedules({ ...parts, ...replaced }),
  };
}

/** One pipeline with one endpoint on it, and two datastores. */
function publishedParts(
  workspace: Workspace,
): Pick<SchedulesParts, "datastores" | "pipelines" | "endpoints"> {
  const absent = (): never => {
    throw new Error("not part of this test");
  };
  const store = { kind: "AzureBlob" as const, accountName: "sluice" };
  const datastores = [
    { ...store, name: "workspaceblobstore", containerName: "azureml-blobstore" },
    { ...store, name: "internal", containerName: "sluice-system" },
  ];
  return {
    datastores: {
      find: (name) => Promise.resolve(datastores.find((each) => each.name === name)),
      list: absent,
      getDefault: absent,
      container: async (name) => {
        const { containerName } = datastores.find((each) => each.name === name)!;
        const client = workspace.blobs.getContainerClient(containerName);
        await client.createIfNotExists();
        return client;
      },
      findByContainer: (account, container) =>
        Promise.resolve(
          datastores.find((each) => each.accountName === account && each.containerName === container),
        ),
    },
    pipelines: {
      publish: absent,
      find: (id) =>
        Promise.resolve(id === pipelineId ? ({ id, status: "Active" } as PublishedPipeline) : undefined),
      definition: () => Promise.resolve(definition),
      findGraph: absent,
      list: absent,
      setStatus: absent,
    },
    endpoints: {
      create: absent,
      find: (id) =>
        Promise.resolve(
          id === endpointId
            ? ({
                id,
                status: "Active",
                defaultVersion: "1",
                versions: [{ version: "1", pipelineId }],
              } as unknown as PipelineEndpoint)
            : undefined,
        ),
      findByName: absent,
      list: absent,
    },
  };
}

export function timeSchedule(recurrence: unknown, changed: Partial<ScheduleRequest> = {}): ScheduleRequest {
  return {
    name: "every hour",
    target: { kind: "pipeline", pipelineId },
    submission: {
      experimentName: "tumour",
      description: "on the clock",
      parameterAssignments: { epochs: "20" },
      dataPathAssignments: { input_data: { datastore: "workspaceblobstore", path: "tumour/data.csv" } },
      continueOnStepFailure: null,
      properties: {},
    },
    trigger: { kind: "recurrence", recurrence },
    status: "Active",
    ...changed,
  };
}

export function changeSchedule(path: string, changed: Partial<ScheduleRequest> = {}): ScheduleRequest {
  const rule = {
    datastore: "workspaceblobstore",
    path,
    dataPathParameter: "input_data",
    pollingIntervalMinutes: 5,
  };
  const { submission } = timeSchedule(null);
  return timeSchedule(null, {
    name: "watch",
    submission: { ...submission, dataPathAssignments: {} },
    trigger: { kind: "change", rule },
    ...changed,
  });
}

export async function create(room: Room, request: ScheduleRequest): Promise<string> {
  const outcome = await room.schedules.create(request, engine);
  if (outcome.status !== "saved") throw new Error(JSON.stringify(outcome));
  return outcome.schedule.id;
}

export function blobCreated(path: string, etag: string, changed: Partial<BlobEvent> = {}): BlobEvent {
  return {
    id: randomUUID(),
    eventType: "Microsoft.Storage.BlobCreated",
    subject: `/blobServices/default/containers/azureml-blobstore/blobs/${path}`,
    data: {
      api: "PutBlob",
      eTag: `"${etag}"`,
      contentLength: 3,
      url: `http://127.0.0.1:10000/sluice/azureml-blobstore/${path.split("/").map(encodeURIComponent).join("/")}`,
    },
    ...changed,
  };
}
