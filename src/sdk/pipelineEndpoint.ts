import { endpointCreation, endpointEntity, type EndpointEntity } from "../contract/endpointEntity";
import { pipelineRun } from "../contract/pipelineRun";
import { submission } from "../contract/submission";
import { PipelineRun } from "./pipelineRun";
import { submissionOf, type SubmissionValues } from "./submissionValues";
import type { Workspace } from "./workspace";

/** One stable address for versions of a published pipeline. */
export class PipelineEndpoint {
  private constructor(
    private readonly workspace: Workspace,
    readonly entity: EndpointEntity,
  ) {}

  get id(): string {
    return this.entity.id;
  }

  get name(): string {
    return this.entity.name;
  }

  /** Absolute URL that submits the default version. */
  get url(): string {
    return this.entity.url;
  }

  static async findByName(workspace: Workspace, name: string): Promise<PipelineEndpoint | undefined> {
    const entity = await workspace.client.find(workspace.routes.endpointByName(name), endpointEntity);
    return entity && new PipelineEndpoint(workspace, entity);
  }

  /** Creates the endpoint with this pipeline as version 0; refused when the name is taken. */
  static async publish(
    workspace: Workspace,
    request: { readonly name: string; readonly description: string; readonly pipelineId: string },
  ): Promise<PipelineEndpoint> {
    const body = endpointCreation.encode({ ...request, properties: {} });
    const { client, routes } = workspace;
    return new PipelineEndpoint(workspace, await client.post(routes.createEndpoint, body, endpointEntity));
  }

  /** Starts a run of the default version. */
  async submit(experimentName: string, values: SubmissionValues = {}): Promise<PipelineRun> {
    const body = submission.encode(await submissionOf(experimentName, values));
    const { client, routes } = this.workspace;
    const entity = await client.post(routes.submitEndpoint(this.id), body, pipelineRun);
    return new PipelineRun(this.workspace, entity.id, entity.experimentName);
  }
}
