/** The webhook that Event Grid delivers to: the handshake, and one invocation per event. */

export interface WebhookRequest {
  readonly method: string;
  readonly eventType: string;
  readonly functionName: string | null;
  readonly allowedOrigin: string | undefined;
  readonly body: Buffer;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
}

export interface EventGridTargets {
  /** The registered spelling of a function with an Event Grid trigger. */
  readonly find: (name: string) => string | undefined;
  /** Runs the function with one event; answers why it failed, or null. */
  readonly run: (name: string, event: Readonly<Record<string, unknown>>) => Promise<string | null>;
}

type Event = Readonly<Record<string, unknown>>;

/** Answers an authorised delivery: 202 only after every event's function succeeded. */
export async function answerEventGrid(
  request: WebhookRequest,
  targets: EventGridTargets,
): Promise<WebhookAnswer> {
  const name = request.functionName === null ? undefined : targets.find(request.functionName);
  if (name === undefined)
    return { status: 404, text: `cannot find function: '${request.functionName ?? ""}'` };
  if (request.method === "OPTIONS") {
    const origin = request.allowedOrigin;
    return origin === undefined
      ? { status: 400 }
      : { status: 200, headers: { "webhook-allowed-origin": origin } };
  }
  if (request.method !== "POST") return { status: 400 };
  switch (request.eventType.toLowerCase()) {
    case "subscriptionvalidation":
      return validate(parseEvents(request.body));
    case "notification":
      return notify(name, parseEvents(request.body), targets);
    case "unsubscribe":
      return { status: 202 };
    default:
      return { status: 400, text: "The header aeg-event-type is missing or unknown." };
  }
}

function parseEvents(body: Buffer): readonly Event[] | null {
  try {
    const parsed = JSON.parse(body.toString("utf8")) as unknown;
    const events = Array.isArray(parsed) ? (parsed as unknown[]) : [parsed];
    return events.every((event) => typeof event === "object" && event !== null) ? (events as Event[]) : null;
  } catch {
    return null;
  }
}

function validate(events: readonly Event[] | null): WebhookAnswer {
  const data = events?.[0]?.["data"];
  const code = readCode(data);
  if (code === null) return { status: 400, text: "The validation event carries no validationCode." };
  const headers = { "content-type": "application/json; charset=utf-8" };
  return { status: 200, headers, text: JSON.stringify({ validationResponse: code }) };
}

function readCode(data: unknown): string | null {
  if (typeof data === "string") {
    const [event] = parseEvents(Buffer.from(data)) ?? [];
    return event === undefined ? null : readCode(event);
  }
  const code = typeof data === "object" && data !== null ? (data as Event)["validationCode"] : null;
  return typeof code === "string" ? code : null;
}

async function notify(
  name: string,
  events: readonly Event[] | null,
  targets: EventGridTargets,
): Promise<WebhookAnswer> {
  if (events === null) return { status: 400, text: "The body is not an event or an array of events." };
  const problems = await Promise.all(events.map((event) => targets.run(name, event)));
  const [problem] = problems.filter((each) => each !== null);
  return problem === undefined ? { status: 202 } : { status: 500, text: problem };
}
