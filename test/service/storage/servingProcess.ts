/** A storage in a process of its own, so that its memory can be measured and its end is a real one. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";

export interface Asked {
  /** Peak memory in bytes. */
  readonly peak: number;
  readonly health: readonly string[];
}

export class ServingProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly connectionString: string,
  ) {}

  static async start(dataDir: string, key: string): Promise<ServingProcess> {
    const script = require.resolve("./servingProcessMain.cjs");
    // What LMDB prints of its own accord when it cannot write is no business of a test's output.
    const child = fork(script, [dataDir, key], {
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    const gone = once(child, "exit").then(() => {
      throw new Error("The storage process ended before it served.");
    });
    const [connectionString] = (await Promise.race([once(child, "message"), gone])) as [string];
    return new ServingProcess(child, connectionString);
  }

  async ask<Question extends keyof Asked>(question: Question): Promise<Asked[Question]> {
    const answered = once(this.child, "message");
    this.child.send(question);
    return ((await answered) as [Asked[Question]])[0];
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await ended;
  }
}
