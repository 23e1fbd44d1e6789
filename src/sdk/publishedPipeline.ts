import {
  pipelineCreation,
  pipelineEntity,
  type PipelineCreation,
  type PipelineEntity,
} from "../contract/pipelineEntity";
import { listOf } from "../contract/wireType";
import type { Workspace } from "./workspace";

/** A pipeline that was published: immutable, and runnable until it is disabled. */
export class PublishedPipeline {
  private constructor(readonly entity: PipelineEntity) {}

  get id(): string {
    return this.entity.id;
  }

  get name(): string {
    return this.entity.name;
  }

  /** Publishes a graph whose modules and data sources exist; refused with every problem at once. */
  static async create(workspace: Workspace, creation: PipelineCreation): Promise<PublishedPipeline> {
    const { client, routes } = workspace;
    const entity = await client.post(
      routes.createPipeline,
      pipelineCreation.encode(creation),
      pipelineEntity,
    );
    return new PublishedPipeline(entity);
  }

  /** Newest first; disabled ones are left out unless `activeOnly` is false. */
  static async list(workspace: Workspace, activeOnly = true): Promise<readonly PublishedPipeline[]> {
    const entities = await workspace.client.get(
      workspace.routes.pipelines(activeOnly),
      listOf(pipelineEntity),
    );
    return entities.map((entity) => new PublishedPipeline(entity));
  }
}
