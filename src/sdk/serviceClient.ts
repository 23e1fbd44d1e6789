/**
 * One HTTP call to the service: signs it, encodes the body, decodes the answer by its wire type, and turns
 * every error shape into a `ServiceError`. It knows no route and no entity.
 */
import { decodeError } from "../contract/errors";
import { decode, type WireType } from "../contract/wireType";
import { ServiceError, UnreachableError } from "./serviceError";

export interface ServiceAddress {
  /** Absolute, without a trailing slash. */
  readonly baseUrl: string;
  /** A bearer token that is good for the next call; asked before each one. */
  readonly token: () => Promise<string>;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** What is sent, already in wire form. */
export interface ServiceRequest {
  readonly method: Method;
  readonly path: string;
  readonly body?: unknown;
}

export class ServiceClient {
  constructor(private readonly address: ServiceAddress) {}

  get<T>(path: string, answer: WireType<T>): Promise<T> {
    return this.call({ method: "GET", path }, answer);
  }

  /** As `get`; undefined when the service says that there is no such thing. */
  async find<T>(path: string, answer: WireType<T>): Promise<T | undefined> {
    try {
      return await this.get(path, answer);
    } catch (error) {
      if (error instanceof ServiceError && error.status === 404) return undefined;
      throw error;
    }
  }

  post<T>(path: string, body: unknown, answer: WireType<T>): Promise<T> {
    return this.call({ method: "POST", path, body }, answer);
  }

  put<T>(path: string, body: unknown, answer: WireType<T>): Promise<T> {
    return this.call({ method: "PUT", path, body }, answer);
  }

  /** A call whose answer says nothing that the caller needs. */
  async send(request: ServiceRequest): Promise<void> {
    await this.exchange(request);
  }

  private async call<T>(request: ServiceRequest, answer: WireType<T>): Promise<T> {
    const { status, body } = await this.exchange(request);
    const decoded = decode(answer, body);
    if (decoded.ok) return decoded.value;
    const problems = decoded.problems.map(({ code, field, expected, received }) => ({
      code,
      target: field,
      message: `${expected} was expected, ${received} came`,
    }));
    const where = `${request.method} ${request.path}`;
    throw new ServiceError(
      status,
      "UnreadableAnswer",
      `The answer to ${where} is not understood.`,
      problems,
      "",
    );
  }

  private async exchange({ method, path, body }: ServiceRequest): Promise<{ status: number; body: unknown }> {
    const headers = new Headers([["authorization", `Bearer ${await this.address.token()}`]]);
    if (body !== undefined) headers.set("content-type", "application/json");
    const init: RequestInit = { method, headers };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(this.address.baseUrl + path, init).catch((error: unknown) => {
      throw new UnreachableError(this.address.baseUrl, error);
    });
    const answer = parseJson(await response.text());
    if (!response.ok) throw refusal(response.status, answer, `${method} ${path}`);
    return { status: response.status, body: answer };
  }
}

function refusal(status: number, body: unknown, where: string): ServiceError {
  const error = decodeError(body);
  if (error === undefined)
    return new ServiceError(status, `Http${status}`, `${where} answered ${status}.`, [], "");
  return new ServiceError(status, error.code, error.message, error.details, error.correlationId);
}

function parseJson(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
