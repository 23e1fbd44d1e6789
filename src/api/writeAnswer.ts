/** Puts an answer into HTTP; refusals in the shape of the service that was called. */
import { encodeError, type ErrorShape, type WireErrorDetail } from "../contract/errors";
import type { Problem } from "../model/problem";
import type { Answer, Refusal } from "./answer";
import type { ApiResponse, Header } from "./apiMessage";
import { catalogueEntry } from "./errorCatalogue";

export interface AnswerContext {
  readonly shape: ErrorShape;
  readonly correlationId: string;
  readonly now: Date;
}

const jsonHeaders: readonly Header[] = [
  ["content-type", "application/json; charset=utf-8"],
  ["x-content-type-options", "nosniff"],
];

export function writeAnswer(answer: Answer, context: AnswerContext): ApiResponse {
  const headers: readonly Header[] = [
    ["x-ms-request-id", context.correlationId],
    ["cache-control", "no-store"],
  ];
  switch (answer.kind) {
    case "json":
      return {
        status: answer.status,
        headers: [...headers, ...jsonHeaders],
        body: JSON.stringify(answer.value),
      };
    case "text":
      return {
        status: 200,
        headers: [...headers, ["content-type", "text/plain; charset=utf-8"]],
        body: answer.value,
      };
    case "empty":
      return { status: answer.status, headers, body: "" };
    case "refusal":
      return {
        status: answer.status,
        headers: [...headers, ...jsonHeaders, ...answer.headers],
        body: JSON.stringify(refusalBody(answer, context)),
      };
  }
}

/** v1 tells a failed sign-in alike in all services. */
function refusalBody(refusal: Refusal, { shape, correlationId, now }: AnswerContext): unknown {
  const error = {
    code: refusal.code,
    message: `${refusal.message} ${catalogueEntry(refusal.code).remedy}`,
    details: refusal.problems.map(toDetail),
    correlationId,
  };
  return encodeError(refusal.status === 401 ? "history" : shape, error, now.toISOString());
}

function toDetail({ code, field, expected, received }: Problem): WireErrorDetail {
  return { code, target: field, message: `${field}: ${expected} was expected, ${received} came.` };
}
