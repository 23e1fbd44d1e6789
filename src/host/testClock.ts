/**
 * A clock that a test moves: an HTTP service on loopback that tells, a line of JSON a change, by how much the time is
 * ahead of the machine's, and hears when that was applied. Whoever follows it sees the moved time wherever it asks for the time, and what waits for an
 * instant that was jumped over is due at once. Must not: work outside tests, or follow anything beyond loopback.
 *
 * Invariants:
 * 1. Without SLUICE_TEST_CLOCK nothing here has any effect.
 * 2. The host and the app's process follow one service, so that an app sees the host's time without knowing of it.
 * 3. Nothing is done before the first line has come: no row bears a time of before the move.
 */
import { get, request, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { systemClock, type HostClock } from "./hostClock";

/** The setting cannot be followed; one sentence. */
export class TestClockRefused extends Error {}

type Environment = Readonly<Record<string, string | undefined>>;

/** The clock that the environment names, followed from now on; the machine's when it names none. */
export async function openClock(environment: Environment): Promise<HostClock> {
  const waits = new Waits();
  const isMoved = await followClock(environment, () => waits.look());
  if (!isMoved) return systemClock;
  return { now: () => Date.now(), after: (ms, action) => waits.add(Date.now() + ms, action) };
}

/** From now on this process's `Date` shows the time of the clock that the environment names; false when it names none. */
export async function followClock(
  environment: Environment,
  onMoved: () => void = () => undefined,
): Promise<boolean> {
  const url = testClockUrl(environment);
  if (url === undefined) return false;
  const RealDate = Date;
  let offsetMs = 0;
  await follow(url, (moved) => {
    offsetMs = moved;
    onMoved();
  });
  globalThis.Date = movedDate(RealDate, () => offsetMs);
  return true;
}

/** Throws `TestClockRefused` outside tests, and for an address beyond loopback. */
function testClockUrl({ SLUICE_TEST_CLOCK: text, NODE_ENV: mode }: Environment): URL | undefined {
  if (text === undefined) return undefined;
  if (mode !== "test") throw new TestClockRefused("SLUICE_TEST_CLOCK is for tests: it needs NODE_ENV=test.");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" && /^(127\.0\.0\.1|localhost|\[::1\])$/.test(url.hostname)) return url;
  throw new TestClockRefused("SLUICE_TEST_CLOCK takes the http address of a clock on loopback.");
}

/** Resolves with the first line; later ones go to `move` as they come. */
async function follow(url: URL, move: (offsetMs: number) => void): Promise<void> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, resolve).once("error", reject);
  }).catch((error: unknown) => {
    throw new TestClockRefused(`The test clock does not answer: ${String(error)}`);
  });
  answer.socket.unref();
  const lines = createInterface({ input: answer });
  await new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      const { id, offsetMs } = JSON.parse(line) as { readonly id: number; readonly offsetMs: number };
      move(offsetMs);
      request(new URL(`/${id}`, url), { method: "POST", agent: false })
        .once("error", () => undefined)
        .end();
      resolve();
    });
  });
}

/** `Date`, with the present moved. */
function movedDate(RealDate: DateConstructor, offsetMs: () => number): DateConstructor {
  const now = (): number => RealDate.now() + offsetMs();
  return new Proxy(RealDate, {
    construct: (target, input: readonly unknown[], newTarget) =>
      Reflect.construct(target, input.length === 0 ? [now()] : input, newTarget) as Date,
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) =>
      name === "now" ? now : (Reflect.get(target, name, receiver) as unknown),
  });
}

/** What waits for an instant of the moved time. */
class Waits {
  readonly #waits = new Set<{ readonly dueAt: number; readonly action: () => void }>();
  #alarm: NodeJS.Timeout | undefined;

  add(dueAt: number, action: () => void): () => void {
    const wait = { dueAt, action };
    this.#waits.add(wait);
    this.look();
    return () => this.#waits.delete(wait);
  }

  /** Never runs an action at once: its caller may not be ready yet. */
  look(): void {
    clearTimeout(this.#alarm);
    const earliest = Math.min(...[...this.#waits].map(({ dueAt }) => dueAt));
    if (earliest === Infinity) return;
    const waitMs = Math.max(0, earliest - Date.now());
    this.#alarm = setTimeout(() => this.#ring(), Math.min(waitMs, 60_000));
  }

  #ring(): void {
    const at = Date.now();
    const due = [...this.#waits].filter(({ dueAt }) => dueAt <= at);
    for (const wait of due) {
      this.#waits.delete(wait);
      wait.action();
    }
    this.look();
  }
}
