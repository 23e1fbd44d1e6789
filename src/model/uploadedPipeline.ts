/** A pipeline in the form in which v1's clients upload it, with the entities that its nodes name. */
import type { UploadedGraph, UploadedInterface } from "../contract/graph";
import type { UploadedDataSource } from "../contract/graphDataSource";
import type { UploadedModule } from "../contract/graphModule";

export interface UploadedPipeline {
  readonly graph: UploadedGraph;
  readonly graphInterface: UploadedInterface;
  /** By the ids that the graph's nodes name. */
  readonly modules: ReadonlyMap<string, UploadedModule>;
  readonly dataSources: ReadonlyMap<string, UploadedDataSource>;
}
