/** What is published: immutable pipelines, and endpoints that give versions of them one stable address. */
import type { PipelineDefinition } from "../model/definition";
import type { Problem } from "../model/problem";

export type EntityStatus = "Active" | "Deprecated" | "Disabled";

/** The uploaded graph exactly as v1's client sent it, to be given back unchanged. Opaque to this room. */
export type UploadedGraphText = string;

export interface PublishedPipeline {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly version: string | null;
  readonly graphId: string;
  readonly status: EntityStatus;
  readonly stepCount: number;
  readonly continueOnStepFailure: boolean | null;
  readonly properties: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly etag: string;
}

export interface PublishRequest {
  readonly name: string;
  readonly description: string;
  readonly version: string | null;
  readonly definition: PipelineDefinition;
  /** Stored beside the definition as given. */
  readonly graph: UploadedGraphText;
  readonly graphInterface: UploadedGraphText;
  readonly continueOnStepFailure: boolean | null;
  readonly properties: Readonly<Record<string, string>>;
}

export interface PublishedPipelines {
  /** Validates snapshots, datastores and compute targets first and writes nothing if anything is wrong. */
  publish(
    request: PublishRequest,
  ): Promise<
    | { readonly status: "published"; readonly pipeline: PublishedPipeline }
    | { readonly status: "refused"; readonly problems: readonly Problem[] }
  >;
  find(id: string): Promise<PublishedPipeline | undefined>;
  /** The definition of a published pipeline; throws when it is not there. */
  definition(id: string): Promise<PipelineDefinition>;
  /** The graph and interface as uploaded, by graph id. */
  findGraph(
    graphId: string,
  ): Promise<{ readonly graph: UploadedGraphText; readonly graphInterface: UploadedGraphText } | undefined>;
  /** Newest first. */
  list(filter: { readonly activeOnly: boolean }): Promise<readonly PublishedPipeline[]>;
  setStatus(id: string, status: EntityStatus): Promise<"done" | "not-found">;
}

export interface EndpointVersion {
  readonly version: string;
  readonly pipelineId: string;
}

export interface PipelineEndpoint {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly status: EntityStatus;
  readonly defaultVersion: string;
  readonly versions: readonly EndpointVersion[];
  readonly properties: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly etag: string;
}

export interface PipelineEndpoints {
  /** First version is "0" and default. The name is claimed insert-only, so two creators cannot both win. */
  create(request: {
    readonly name: string;
    readonly description: string;
    readonly pipelineId: string;
    readonly properties: Readonly<Record<string, string>>;
  }): Promise<
    | { readonly status: "created"; readonly endpoint: PipelineEndpoint }
    | { readonly status: "name-taken" }
    | { readonly status: "refused"; readonly problems: readonly Problem[] }
  >;
  find(id: string): Promise<PipelineEndpoint | undefined>;
  findByName(name: string): Promise<PipelineEndpoint | undefined>;
  list(filter: { readonly activeOnly: boolean }): Promise<readonly PipelineEndpoint[]>;
}

/** What a submission names, before it is resolved to one published pipeline. */
export type PipelineTarget =
  | { readonly kind: "pipeline"; readonly id: string }
  | { readonly kind: "endpoint"; readonly id: string; readonly version: string | null }
  | { readonly kind: "endpointName"; readonly name: string; readonly version: string | null };

export type ResolvedTarget =
  | {
      readonly status: "resolved";
      readonly pipeline: PublishedPipeline;
      readonly definition: PipelineDefinition;
      readonly endpointId: string | null;
    }
  | { readonly status: "not-found"; readonly problem: Problem }
  | { readonly status: "disabled"; readonly problem: Problem };

/** Finds the published pipeline that a target means now; a disabled pipeline or endpoint does not resolve. */
export type ResolveTarget = (target: PipelineTarget) => Promise<ResolvedTarget>;
