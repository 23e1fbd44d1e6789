import { historyRun, runPage, runQuery, type HistoryRun, type RunPage } from "../contract/historyRun";
import { nodeOutput } from "../contract/runOutputs";
import type { DataPath } from "../model/definition";
import { pipelineRun, type PipelineRunEntity } from "../contract/pipelineRun";
import { submission } from "../contract/submission";
import { submissionOf, type SubmissionValues } from "./submissionValues";
import { StepRun } from "./stepRun";
import type { Workspace } from "./workspace";

/** One run of a published pipeline. */
export class PipelineRun {
  constructor(
    private readonly workspace: Workspace,
    readonly id: string,
    readonly experimentName: string,
  ) {}

  /** Submits a published pipeline; refused with every problem at once. */
  static async submit(
    workspace: Workspace,
    pipelineId: string,
    experimentName: string,
    values: SubmissionValues = {},
  ): Promise<PipelineRun> {
    const body = submission.encode(await submissionOf(experimentName, values));
    const path = workspace.routes.submitPipeline(pipelineId);
    const entity = await workspace.client.post(path, body, pipelineRun);
    return new PipelineRun(workspace, entity.id, entity.experimentName);
  }

  static async find(workspace: Workspace, id: string): Promise<PipelineRun | undefined> {
    const entity = await workspace.client.find(workspace.routes.run(id), pipelineRun);
    return entity && new PipelineRun(workspace, entity.id, entity.experimentName);
  }

  /** One page of the workspace's runs, newest first. */
  static list(workspace: Workspace, top: number, continuationToken: string | null = null): Promise<RunPage> {
    const body = runQuery.encode({ filter: null, orderby: "CreatedUtc desc", top, continuationToken });
    return workspace.client.post(workspace.routes.queryRuns, body, runPage);
  }

  /** The run as the pipelines service tells it: parameters and status. */
  get(): Promise<PipelineRunEntity> {
    return this.workspace.client.get(this.workspace.routes.run(this.id), pipelineRun);
  }

  /** The run as the run history tells it: times, properties and error. */
  getHistory(): Promise<HistoryRun> {
    const { client, routes } = this.workspace;
    return client.get(routes.historyRun(this.experimentName, this.id), historyRun);
  }

  /** In the order of the pipeline. */
  async getSteps(): Promise<readonly StepRun[]> {
    const { client, routes } = this.workspace;
    const page = await client.get(routes.historyRunChildren(this.experimentName, this.id), runPage);
    return page.value.map((run) => new StepRun(this.workspace, run));
  }

  /** Where the output is that the pipeline exposes under that name; undefined when it exposes none. */
  async findPipelineOutput(name: string): Promise<DataPath | undefined> {
    const { client, routes } = this.workspace;
    const output = await client.find(routes.pipelineOutput(this.id, name), nodeOutput);
    return output?.location.reference.blob;
  }

  /** Asks for the end of the run; it has ended when its status says so. */
  async cancel(): Promise<void> {
    await this.workspace.client.send({ method: "DELETE", path: this.workspace.routes.runExecution(this.id) });
  }
}
