/** What a handler says, before it is put into HTTP: a value, nothing, or a refusal. */
import type { Problem } from "../model/problem";
import type { Header } from "./apiMessage";
import { catalogueEntry, type ErrorCode } from "./errorCatalogue";

export type Answer =
  | { readonly kind: "json"; readonly status: number; readonly value: unknown }
  | { readonly kind: "text"; readonly value: string }
  | { readonly kind: "empty"; readonly status: 200 | 204 }
  | Refusal;

export interface Refusal {
  readonly kind: "refusal";
  readonly code: ErrorCode;
  /** One sentence that names the thing that was asked for. */
  readonly message: string;
  readonly problems: readonly Problem[];
  readonly status: number;
  readonly headers: readonly Header[];
}

export const json = (value: unknown, status = 200): Answer => ({ kind: "json", status, value });

/** v1's pipelines service answers most actions with 200 and no body; its client takes 204 for an error. */
export const done: Answer = { kind: "empty", status: 200 };
export const nothing: Answer = { kind: "empty", status: 204 };

export function refuse(code: ErrorCode, message: string, problems: readonly Problem[] = []): Refusal {
  return { kind: "refusal", code, message, problems, status: catalogueEntry(code).status, headers: [] };
}
