/** The three shapes in which v1's services tell an error, and one reader for all of them. Source: spec azureml-v1-wire.md §5. */
import { z } from "zod";

/** Which service answers decides the shape. `history` stands for history, metrics, artifacts, datastores and snapshots. */
export type ErrorShape = "pipelines" | "history" | "arm";

export interface WireError {
  /** A code of the catalogue in docs/errors.md. */
  readonly code: string;
  readonly message: string;
  readonly details: readonly WireErrorDetail[];
  /** Id under which the service logged the request, for people who ask about it. */
  readonly correlationId: string;
}

export interface WireErrorDetail {
  readonly code: string;
  readonly message: string;
  /** Where: a dotted path in the caller's own keys; empty when no single place is meant. */
  readonly target: string;
}

/** `at` is the instant of the answer, which the history shape carries. */
export function encodeError(shape: ErrorShape, error: WireError, at: string): unknown {
  switch (shape) {
    case "pipelines":
      return encodePipelinesError(error);
    case "history":
      return encodeHistoryError(error, at);
    case "arm":
      return { error: { code: error.code, message: error.message } };
  }
}

function encodePipelinesError(error: WireError): unknown {
  return {
    Error: {
      Code: error.code,
      Message: error.message,
      Target: error.details[0]?.target ?? "",
      Details: error.details.map((each) => ({ Code: each.code, Message: each.message, Target: each.target })),
    },
    Correlation: { RequestId: error.correlationId },
  };
}

/** `details` must be an array: the client fails on null while it prints the error. */
function encodeHistoryError(error: WireError, at: string): unknown {
  return {
    error: { code: error.code, message: error.message, details: error.details, innerError: null },
    correlation: { RequestId: error.correlationId },
    environment: "",
    location: "",
    time: at,
  };
}

const detailBody = z.object({
  code: z.string().catch(""),
  message: z.string().catch(""),
  target: z.string().catch(""),
});
const errorBody = z.object({
  code: z.string(),
  message: z.string().catch(""),
  details: z.array(z.unknown()).nullish().catch(null),
});
const anyShape = z.object({
  error: errorBody,
  correlation: z.object({ requestid: z.string() }).nullish().catch(null),
});

/** The error in an answer of any shape; undefined when the body is none of them. */
export function decodeError(body: unknown): WireError | undefined {
  const parsed = anyShape.safeParse(lowerKeys(body));
  if (!parsed.success) return undefined;
  const { error, correlation } = parsed.data;
  const details = (error.details ?? []).flatMap((each) => detailBody.safeParse(each).data ?? []);
  return { code: error.code, message: error.message, details, correlationId: correlation?.requestid ?? "" };
}

/** The shapes differ in casing only, so keys are compared in lower case, down to the details. */
function lowerKeys(value: unknown, depth = 0): unknown {
  if (depth > 4 || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => lowerKeys(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key.toLowerCase(), lowerKeys(item, depth + 1)]),
  );
}
