import { z } from "zod";
import { artifactContent, artifactList } from "../contract/artifacts";
import type { HistoryRun } from "../contract/historyRun";
import { metricList, metricQuery, metricSeries } from "../contract/metrics";
import { getText } from "./blobCall";
import type { Workspace } from "./workspace";

const stepOutputs = z.array(
  z.object({ name: z.string(), dataPath: z.object({ datastore: z.string(), path: z.string() }) }),
);
export type StepOutput = z.output<typeof stepOutputs>[number];

/** Every value of one metric, in the order in which it was logged. */
export interface Metric {
  readonly name: string;
  /** `scalar`, `list` or `table`. */
  readonly kind: string;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** One step of a run, as it was when it was read. */
export class StepRun {
  constructor(
    private readonly workspace: Workspace,
    readonly run: HistoryRun,
  ) {}

  get id(): string {
    return this.run.runId;
  }

  get name(): string {
    return this.run.name;
  }

  /** The word of Sluice itself, which tells a skipped step from a cancelled one. */
  get status(): string {
    return this.run.properties["sluice.status"] ?? "";
  }

  /** Where each output of the step is, or will be. */
  getOutputs(): readonly StepOutput[] {
    const text = this.run.properties["sluice.outputs"] ?? "[]";
    return stepOutputs.parse(JSON.parse(text));
  }

  async getMetrics(): Promise<readonly Metric[]> {
    const { client, routes } = this.workspace;
    const names = await client.post(routes.metricList(this.id), {}, metricList);
    return Promise.all(names.value.map(({ metricKey }) => this.metric(metricKey.name)));
  }

  /** Paths of the files that the step kept: console logs, `outputs/…` and `logs/…`. */
  async getFileNames(): Promise<readonly string[]> {
    const { client, routes } = this.workspace;
    const list = await client.get(routes.artifacts(this.id), artifactList);
    return list.value.map(({ path }) => path);
  }

  async readFile(path: string): Promise<string> {
    const { client, routes } = this.workspace;
    const { contentUri } = await client.get(routes.artifactContent(this.id, path), artifactContent);
    return getText(contentUri);
  }

  private async metric(name: string): Promise<Metric> {
    const { client, routes } = this.workspace;
    const read = (continuationToken: string | null) => {
      const query = { metricName: name, startTime: null, endTime: null, continuationToken };
      return client.post(routes.metricFull(this.id), metricQuery.encode(query), metricSeries);
    };
    let page = await read(null);
    const kind = page.properties.uxMetricType.replace("azureml.v1.", "");
    const rows = page.value.map(({ data }) => data);
    while (page.continuationToken !== null) {
      page = await read(page.continuationToken);
      rows.push(...page.value.map(({ data }) => data));
    }
    return { name, kind, rows };
  }
}
