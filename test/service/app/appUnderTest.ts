/** The product's own app on the real host with its storage, on a scratch folder; nothing but the environment is a test's. */
import { mkdirSync, writeFileSync } from "node:fs";
import { localAudience, roles, signLocalToken } from "../../../src/contract/localToken";
import { localTokenKey } from "../../../src/contract/localTokenKey";
import { PipelineEndpoint } from "../../../src/sdk/pipelineEndpoint";
import { publishPipelineFile } from "../../../src/sdk/publishPipelineFile";
import { Workspace } from "../../../src/sdk/workspace";
import { repository } from "../cli/startedSluice";
import { HostProcess, Scratch } from "../host/hostProcess";
import { findTestPython } from "../pythonUnderTest";

export interface AppOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** The time of the host; the machine's without it. */
  readonly now?: () => number;
}

export class AppUnderTest {
  readonly scratch = new Scratch();
  readonly #now: () => number;
  readonly #host: HostProcess;

  constructor({ environment, now = Date.now }: AppOptions) {
    this.#now = now;
    const dataDir = this.scratch.file("data");
    this.#host = new HostProcess({
      app: repository,
      dataDir,
      hasStorage: true,
      environment: { ...environment, SLUICE_DATA_DIR: dataDir, SLUICE_PYTHON: findTestPython() },
    });
  }

  /** The durable management of the app's runs. */
  get host(): HostProcess {
    return this.#host;
  }

  /** A client of the app, once it serves; its tokens are of the host's time. */
  async workspace(): Promise<Workspace> {
    await this.#host.ready;
    const key = await localTokenKey(this.scratch.file("data"));
    const claims = { subject: "test", roles };
    const token = async (): Promise<string> =>
      signLocalToken(key, claims, {
        audience: localAudience,
        issuedAt: new Date(this.#now()),
        lifetimeMs: 3_600_000,
      });
    return new Workspace({ baseUrl: this.#host.url, token });
  }

  /** Publishes a pipeline of one step that runs the script; the id of an endpoint for it. */
  async publish(
    workspace: Workspace,
    name: string,
    script: string,
    parameters: readonly unknown[] = [],
  ): Promise<PipelineEndpoint> {
    const folder = this.scratch.file(name);
    mkdirSync(folder);
    writeFileSync(`${folder}/main.py`, script);
    const steps = [{ name: "step", script: "main.py", sourceDirectory: name }];
    const file = this.scratch.file(`${name}.json`);
    writeFileSync(file, JSON.stringify({ name, parameters, steps }));
    const { id } = await publishPipelineFile(workspace, file);
    return PipelineEndpoint.publish(workspace, { name, description: "", pipelineId: id });
  }

  async end(): Promise<void> {
    await this.#host.stop();
    this.scratch.remove();
  }
}
