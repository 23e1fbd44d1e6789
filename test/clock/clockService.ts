/** The clock of a test: processes that follow it (SLUICE_TEST_CLOCK) see the machine's time, moved by what the test says. */
import { EventEmitter, once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface Follower {
  readonly id: number;
  readonly response: ServerResponse;
}

export class ClockService {
  readonly #server: Server;
  readonly #followers = new Set<Follower>();
  /** Emits the id of a follower that has moved, or is gone. */
  readonly #applied = new EventEmitter();
  #nextId = 1;
  #offsetMs: number;

  private constructor(offsetMs: number) {
    this.#offsetMs = offsetMs;
    this.#server = createServer((request, response) => {
      if (request.method === "POST") {
        this.#applied.emit(request.url?.slice(1) ?? "");
        response.end();
        return;
      }
      const follower: Follower = { id: this.#nextId++, response };
      this.#followers.add(follower);
      response.on("close", () => {
        this.#followers.delete(follower);
        this.#applied.emit(String(follower.id));
      });
      this.#tell(follower);
    });
  }

  /** A clock that says `startsAt` now. */
  static async start(startsAt: number): Promise<ClockService> {
    const clock = new ClockService(startsAt - Date.now());
    clock.#server.listen(0, "127.0.0.1");
    await once(clock.#server, "listening");
    return clock;
  }

  /** For the environment of a process that is to follow this clock. */
  get environment(): Readonly<Record<string, string>> {
    const { port } = this.#server.address() as AddressInfo;
    return { NODE_ENV: "test", SLUICE_TEST_CLOCK: `http://127.0.0.1:${port}/` };
  }

  now(): number {
    return Date.now() + this.#offsetMs;
  }

  /**
   * Jumps to `instant`, forwards or back. The newest follower moves first: an app's process is there before its host
   * acts on the move. Resolves when all have moved.
   */
  async moveTo(instant: number): Promise<void> {
    this.#offsetMs = instant - Date.now();
    for (const follower of [...this.#followers].reverse()) {
      const applied = once(this.#applied, String(follower.id));
      this.#tell(follower);
      await applied;
    }
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  #tell({ id, response }: Follower): void {
    response.write(`${JSON.stringify({ id, offsetMs: this.#offsetMs })}\n`);
  }
}
