/**
 * What one route is: method, path pattern, needed role, the type of its body, and the handler.
 *
 * A pattern is a path without its leading slash. `{ws}` stands for the ARM path of a workspace, `{x}` for one
 * segment, `dcid.{x}` for one with that beginning, `{x...}` for the rest of the path, at least one segment.
 */
import type { Role } from "../contract/localToken";
import { decode, type WireType } from "../contract/wireType";
import type { ScheduleEngine } from "../schedules/schedules";
import { refuse, type Answer } from "./answer";
import type { ApiRooms } from "./apiRooms";

/** The named segments of a matched path. */
export type Params = ReadonlyMap<string, string>;

export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** One authorised request, ready for its handler. */
export interface Call<B = null> {
  readonly rooms: ApiRooms;
  readonly engine: ScheduleEngine;
  readonly roles: readonly Role[];
  readonly params: Params;
  /** Value of the pattern's segment of that name; throws when the pattern has none. */
  readonly param: (name: string) => string;
  /** Value of a query parameter whatever the case of its name, or null. */
  readonly query: (name: string) => string | null;
  /** Value of a request header, by its name in lower case, or null. */
  readonly header: (name: string) => string | null;
  readonly body: B;
}

export type Handler<B = null> = (call: Call<B>) => Answer | Promise<Answer>;

export interface Route {
  readonly method: Method;
  readonly pattern: string;
  /** null = anybody may call it. */
  readonly role: Role | null;
  /** Bytes; 0 = a body is not read. */
  readonly bodyLimit: number;
  handle(call: Call<unknown>): Answer | Promise<Answer>;
}

/** The body of a route: what it means and how large it may be. */
export interface BodyRule<B> {
  readonly type: WireType<B>;
  readonly limit: number;
}

const mebibyte = 1024 * 1024;

export const takes = <B>(type: WireType<B>): BodyRule<B> => ({ type, limit: mebibyte });
/** For uploaded graphs, which grow with their steps. */
export const takesLarge = <B>(type: WireType<B>): BodyRule<B> => ({ type, limit: 32 * mebibyte });

export function route(method: Method, pattern: string, role: Role | null, handle: Handler): Route {
  return { method, pattern, role, bodyLimit: 0, handle: (call) => handle({ ...call, body: null }) };
}

export function routeWithBody<B>(
  method: "POST" | "PUT",
  pattern: string,
  role: Role,
  body: BodyRule<B>,
  handle: Handler<B>,
): Route {
  return {
    method,
    pattern,
    role,
    bodyLimit: body.limit,
    handle(call) {
      const decoded = decode(body.type, call.body);
      if (!decoded.ok)
        return refuse("InvalidField", "The body is not what this route takes.", decoded.problems);
      return handle({ ...call, body: decoded.value });
    },
  };
}
