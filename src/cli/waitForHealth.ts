import { health } from "../contract/health";
import { CliError } from "./cliError";

const pollMs = 50;
const patienceMs = 30_000;
/** For one answer, which a service that hangs never gives. */
const answerMs = 10_000;

/** Waits until `GET /health` answers 200; a service that stays unhealthy is told with its own reasons. */
export async function waitForHealth(baseUrl: string, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + patienceMs;
  for (;;) {
    const reason = await unhealthyReason(baseUrl, AbortSignal.any([signal, AbortSignal.timeout(answerMs)]));
    if (reason === undefined || signal.aborted) return;
    if (performance.now() > giveUpAt)
      throw new CliError(`The service started but is not healthy: ${reason}.`);
    await new Promise((done) => setTimeout(done, pollMs));
  }
}

async function unhealthyReason(baseUrl: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(`${baseUrl}/health`, { signal });
    const body: unknown = await response.json();
    if (response.ok) return undefined;
    const answer = health.safeParse(body).data;
    return answer?.status === "unhealthy"
      ? answer.problems.join("; ")
      : `GET /health answers ${response.status}`;
  } catch (error) {
    return `GET /health: ${error instanceof Error ? error.message : String(error)}`;
  }
}
