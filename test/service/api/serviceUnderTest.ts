/** The whole service as a process, and HTTP calls to it exactly as they are written: no path is tidied, no header added. */
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { request, type IncomingMessage, type OutgoingHttpHeaders } from "node:http";
import { join } from "node:path";
import { localToken, openWorkspace } from "../../../src/cli/connect";
import { publishPipelineFile } from "../../../src/sdk/publishPipelineFile";
import type { Workspace } from "../../../src/sdk/workspace";
import { removeFolder, startSluice, temporaryDataFolder, type StartedSluice } from "../cli/startedSluice";

export interface RawRequest {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  /** A text is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  /** undefined = the one that may do everything; null = none. */
  readonly token?: string | null;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

export class ServiceUnderTest {
  private constructor(
    readonly workspace: Workspace,
    readonly folder: string,
    private readonly sluice: StartedSluice,
    private readonly token: string,
  ) {}

  /** On a free port and a data folder of its own, without the example. */
  static async start(): Promise<ServiceUnderTest> {
    const folder = await temporaryDataFolder();
    const data = join(folder, "data");
    const sluice = startSluice(["--no-example", "--port", "0", "--data", data]);
    try {
      await sluice.until(/stays up until Ctrl-C/);
      const url = /answers at (http\S+)/.exec(sluice.stdout())?.[1] ?? "";
      return new ServiceUnderTest(openWorkspace(url, data), folder, sluice, await localToken(data));
    } catch (error) {
      await end(sluice, folder);
      throw error;
    }
  }

  get dataFolder(): string {
    return join(this.folder, "data");
  }

  stop(): Promise<void> {
    return end(this.sluice, this.folder);
  }

  /** Publishes a pipeline whose one step is this Python text; its id. */
  async publish(name: string, python: string, parameters: readonly unknown[] = []): Promise<string> {
    const source = join(this.folder, name);
    mkdirSync(source);
    writeFileSync(join(source, "main.py"), python);
    const file = join(this.folder, `${name}.json`);
    const steps = [{ name: "only", script: "main.py", sourceDirectory: name }];
    writeFileSync(file, JSON.stringify({ name, parameters, steps }));
    return (await publishPipelineFile(this.workspace, file)).id;
  }

  async send({ method = "GET", path, headers = {}, body, token }: RawRequest): Promise<RawAnswer> {
    const { hostname, port } = new URL(this.workspace.service.baseUrl);
    const signed = token === null ? {} : { authorization: `Bearer ${token ?? this.token}` };
    const sent = request({ hostname, port, method, path, headers: { ...signed, ...headers }, agent: false });
    sent.end(body === undefined || typeof body === "string" ? body : JSON.stringify(body));
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return {
      status: response.statusCode ?? 0,
      headers: response.headers,
      text: Buffer.concat(chunks).toString(),
    };
  }

  /** The JSON of a call that must be answered with 200. */
  async ask<T = Record<string, unknown>>(path: string, body?: unknown, method?: string): Promise<T> {
    const answer = await this.send({
      path,
      method: method ?? (body === undefined ? "GET" : "POST"),
      ...(body !== undefined && { body }),
    });
    if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.text}`);
    return JSON.parse(answer.text) as T;
  }
}

async function end(sluice: StartedSluice, folder: string): Promise<void> {
  sluice.signal("SIGTERM");
  await sluice.exited;
  await removeFolder(folder);
}

/** Code of an error in any of v1's shapes. */
export function codeOf({ text }: RawAnswer): string | undefined {
  if (text === "") return undefined;
  const shapes = JSON.parse(text) as { error?: { code?: string }; Error?: { Code?: string } };
  return shapes.error?.code ?? shapes.Error?.Code;
}

/** The fields that a refusal in the shape of the pipelines service complains about. */
export function targetsOf({ text }: RawAnswer): readonly string[] {
  const { Error: error } = JSON.parse(text) as { Error: { Details: { Target: string }[] } };
  return error.Details.map(({ Target }) => Target);
}
