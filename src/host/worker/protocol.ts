/** What the host process and the app's worker process say to each other over Node IPC. */
import type { TurnResult } from "../durable/turnResult";

/** A typed value as the programming model of Functions apps exchanges it: one field is set, or none. */
export type TypedData = Readonly<Record<string, unknown>>;

export interface FunctionMetadata {
  readonly name: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  /** As the library registered it, or null. */
  readonly retryOptions: Readonly<Record<string, unknown>> | null;
}

export type Binding = Readonly<Record<string, unknown>>;

/** Tells a function that this run follows failed ones; `retryCount` counts from 1. */
export interface RetryContext {
  readonly retryCount: number;
  /** -1 for no limit. */
  readonly maxRetryCount: number;
  readonly exception: { readonly message: string; readonly source: string; readonly stackTrace: string };
}

export interface InvocationRequest {
  readonly invocationId: string;
  readonly inputData: readonly { readonly name: string; readonly data: TypedData }[];
  readonly triggerMetadata: Readonly<Record<string, TypedData>>;
  readonly retryContext?: RetryContext;
}

/** Asks for one invocation. `knownLeaves` is set for orchestrators: the leaves whose detail the host already has. */
export interface Invoke {
  readonly kind: "invoke";
  readonly functionName: string;
  readonly request: InvocationRequest;
  readonly knownLeaves: number | null;
}

export type ToWorker =
  Invoke | { readonly kind: "ping" } | { readonly kind: "shutdown"; readonly hookTimeoutMs: number };

export interface InvocationResponse {
  readonly returnValue: TypedData | null;
  readonly outputNames: readonly string[];
}

export interface InvocationFailure {
  readonly message: string;
  readonly stack: string;
}

export type FromWorker =
  | {
      readonly kind: "ready";
      readonly functions: readonly FunctionMetadata[];
      /** What the app asks for and cannot have here, besides what its functions do. */
      readonly problems: readonly string[];
      readonly warnings: readonly string[];
    }
  | { readonly kind: "refused"; readonly problem: string }
  | {
      readonly kind: "log";
      readonly level: string;
      readonly category: string;
      readonly message: string;
      readonly functionName: string | null;
    }
  | { readonly kind: "returned"; readonly invocationId: string; readonly response: InvocationResponse }
  | { readonly kind: "turned"; readonly invocationId: string; readonly result: TurnResult }
  | { readonly kind: "failed"; readonly invocationId: string; readonly failure: InvocationFailure }
  | { readonly kind: "pong" }
  /** The process is about to end; `invocationId` names the invocation whose code ends it, when that is known. */
  | { readonly kind: "dying"; readonly reason: string; readonly invocationId: string | null }
  | { readonly kind: "stopped" };
