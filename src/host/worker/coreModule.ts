/**
 * Supplies the `@azure/functions-core` module that the `@azure/functions` package asks for when it is first used.
 *
 * 1. It is installed before any file of the app is loaded.
 * 2. Registration is open until `lock`; afterwards adding or disposing a function throws.
 */
import Module from "node:module";
import type { Binding, FunctionMetadata } from "./protocol";

/** What the programming model of the app offers; see the package's own declaration of its core. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  getInvocationModel(context: unknown): InvocationModel | Promise<InvocationModel>;
  getCapabilities?(
    defaults: Record<string, string>,
  ): Record<string, string> | Promise<Record<string, string>>;
}

export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], handler: Handler): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<Readonly<Record<string, unknown>>>;
}

export type Handler = (...args: unknown[]) => unknown;
export type Hook = (context: unknown) => unknown;
export type CoreLog = (level: string, category: string, message: string) => void;

export interface RegisteredFunction {
  readonly metadata: { readonly name: string; readonly bindings: Readonly<Record<string, Binding>> };
  readonly callback: Handler;
  readonly retryOptions: unknown;
}

export const hookNames = ["appStart", "appTerminate", "preInvocation", "postInvocation", "log"] as const;
export type HookName = (typeof hookNames)[number];

class Disposable {
  #callback: (() => unknown) | null;

  constructor(callback: () => unknown) {
    this.#callback = callback;
  }

  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => disposables.forEach((each) => each.dispose()));
  }

  dispose(): unknown {
    const callback = this.#callback;
    this.#callback = null;
    return callback?.();
  }
}

/** Everything the app registered with us. */
export class Registry {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly hooks: Readonly<Record<HookName, Hook[]>> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
    log: [],
  };
  readonly warnings: string[] = [];
  #model: ProgrammingModel | null = null;
  #isLocked = false;

  get model(): ProgrammingModel | null {
    return this.#model;
  }

  lock(): void {
    this.#isLocked = true;
  }

  setModel(model: ProgrammingModel): void {
    if (this.#model !== null && this.#model.version !== model.version) {
      this.warnings.push(
        `Two versions of ${model.name} are loaded: ${this.#model.version} and ${model.version}; the last one is used.`,
      );
    }
    this.#model = model;
  }

  register(metadata: Readonly<Record<string, unknown>>, callback: Handler): Disposable {
    const name = String(metadata["name"]);
    this.#assertOpen(`register function '${name}'`);
    if (this.functions.has(name)) throw systemError(`A function named '${name}' is already registered.`);
    const bindings = metadata["bindings"] as Readonly<Record<string, Binding>>;
    const retryOptions = metadata["retryOptions"] ?? null;
    this.functions.set(name, { metadata: { name, bindings }, callback, retryOptions });
    return new Disposable(() => {
      this.#assertOpen(`remove function '${name}'`);
      this.functions.delete(name);
    });
  }

  addHook(name: string, hook: Hook): Disposable {
    const list = hookNames.find((known) => known === name);
    if (list === undefined)
      throw systemError(`Unknown hook '${name}'; known hooks: ${hookNames.join(", ")}.`);
    const hooks = this.hooks[list];
    hooks.push(hook);
    return new Disposable(() => {
      const index = hooks.indexOf(hook);
      if (index >= 0) hooks.splice(index, 1);
    });
  }

  describe(): FunctionMetadata[] {
    return [...this.functions.values()].map(
      ({ metadata, retryOptions }) =>
        JSON.parse(JSON.stringify({ ...metadata, retryOptions })) as FunctionMetadata,
    );
  }

  #assertOpen(action: string): void {
    if (this.#isLocked) throw systemError(`Cannot ${action} after the app has started.`);
  }
}

function systemError(message: string): RangeError {
  return Object.assign(new RangeError(message), { isAzureFunctionsSystemError: true });
}

interface Loader {
  _load: (request: string, parent: unknown, isMain: boolean) => unknown;
}

/** Makes `require("@azure/functions-core")` answer with a core backed by the registry. */
export function installCoreModule(registry: Registry, log: CoreLog): void {
  const core = {
    version: "3.10.1",
    hostVersion: "4.1037.0",
    registerFunction: (metadata: Record<string, unknown>, callback: Handler) =>
      registry.register(metadata, callback),
    setProgrammingModel: (model: ProgrammingModel) => registry.setModel(model),
    getProgrammingModel: () => registry.model,
    registerHook: (name: string, hook: Hook) => registry.addHook(name, hook),
    log,
    Disposable,
  };
  const loader = Module as unknown as Loader;
  const load = loader._load;
  loader._load = (request, parent, isMain) =>
    request === "@azure/functions-core" ? core : load(request, parent, isMain);
}
