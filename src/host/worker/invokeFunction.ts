/**
 * The invocation pipeline of a Functions worker, in its exact order: invocation model, arguments, pre hooks, handler,
 * post hooks. Hooks may replace inputs, handler, result and error; a throwing hook fails the invocation.
 */
import type { CoreLog, Handler, InvocationModel, RegisteredFunction, Registry } from "./coreModule";
import type { InvocationRequest } from "./protocol";

/** What the hooks of one invocation share; the context is there once the programming model has made it. */
export interface InvocationScope {
  readonly hookData: Record<string, unknown>;
  invocationContext?: unknown;
}

export interface Invocation {
  readonly registry: Registry;
  readonly appHookData: Record<string, unknown>;
  readonly scope: InvocationScope;
  readonly fn: RegisteredFunction;
  readonly request: InvocationRequest;
  readonly log: CoreLog;
}

export interface InvocationEnd {
  readonly model: InvocationModel;
  readonly context: unknown;
  readonly result: unknown;
  readonly error: unknown;
}

/** Runs one invocation up to its post hooks; an error of the handler is a value here. */
export async function invokeFunction(invocation: Invocation): Promise<InvocationEnd> {
  const { registry, scope, fn, request, log } = invocation;
  if (registry.model === null) throw new Error("The app registered no programming model.");
  const coreContext = {
    invocationId: request.invocationId,
    request: { ...request, functionId: fn.metadata.name, traceContext: traceContext(request.invocationId) },
    metadata: fn.metadata,
    state: undefined as string | undefined,
    log,
  };
  const model = await registry.model.getInvocationModel(coreContext);
  const { context, inputs } = await model.getArguments();
  scope.invocationContext = context;
  const pre = preContext(invocation, context, inputs);
  coreContext.state = "preInvocationHooks";
  await runHooks(registry, "preInvocation", pre);
  coreContext.state = "invocation";
  const ended = await settle(() => model.invokeFunction(context, pre.inputs, pre.functionCallback));
  coreContext.state = "postInvocationHooks";
  const post = readOnly(
    { inputs: pre.inputs, result: ended.result, error: ended.error },
    { hookData: scope.hookData, appHookData: invocation.appHookData, invocationContext: context },
  );
  await runHooks(registry, "postInvocation", post);
  coreContext.state = undefined;
  return { model, context, result: post.result, error: post.error };
}

function preContext(
  { appHookData, scope, fn }: Invocation,
  context: unknown,
  inputs: unknown[],
): { inputs: unknown[]; functionCallback: Handler } {
  return readOnly(
    { inputs, functionCallback: fn.callback },
    { hookData: scope.hookData, appHookData, invocationContext: context },
  );
}

async function settle(run: () => Promise<unknown>): Promise<{ result: unknown; error: unknown }> {
  try {
    return { result: await run(), error: null };
  } catch (error) {
    return { result: null, error: error ?? new Error("The function threw nothing.") };
  }
}

async function runHooks(
  registry: Registry,
  name: "preInvocation" | "postInvocation",
  context: unknown,
): Promise<void> {
  for (const hook of registry.hooks[name]) await hook(context);
}

/** Adds properties that can be read and not set, with the message Functions apps know. */
export function readOnly<T extends object>(target: T, properties: Readonly<Record<string, unknown>>): T {
  for (const [name, value] of Object.entries(properties)) {
    Object.defineProperty(target, name, {
      enumerable: true,
      get: () => value,
      set: () => {
        throw new Error(`Cannot assign to read only property '${name}'`);
      },
    });
  }
  return target;
}

function traceContext(invocationId: string): Readonly<Record<string, unknown>> {
  const trace = invocationId.replace(/-/g, "");
  return { traceParent: `00-${trace}-${trace.slice(0, 16)}-01`, traceState: "", attributes: {} };
}
