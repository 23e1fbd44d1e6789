/** Says what ends the app's process, while it ends: the host sees only an exit code. */
import { AsyncLocalStorage } from "node:async_hooks";
import { inspect } from "node:util";
import type { FromWorker } from "./protocol";

/** The invocation that the running code belongs to. */
export const currentInvocation = new AsyncLocalStorage<string>();

/**
 * Ends the process on an error that nothing caught, as the Functions worker does whatever handlers the app has, and
 * reports who asked for an exit. What is written to standard error is for people; the message is for the host.
 */
export function reportLastWords(send: (message: FromWorker, sent: () => void) => void): void {
  let isSaid = false;
  const say = (reason: string, sent: () => void): void => {
    if (isSaid) return;
    isSaid = true;
    send({ kind: "dying", reason, invocationId: currentInvocation.getStore() ?? null }, sent);
  };
  const fail = (what: string, error: unknown): void => {
    process.stderr.write(
      `${what}: ${error instanceof Error ? (error.stack ?? error.message) : inspect(error)}\n`,
    );
    say(`${what}: ${error instanceof Error ? error.message : inspect(error)}`, () => process.exit(1));
  };
  process.on("uncaughtException", (error) => fail("an error that nothing caught", error));
  process.on("unhandledRejection", (error) => fail("a rejected promise that nothing handled", error));
  process.on("exit", (code) => say(`process.exit(${code}) was called`, () => undefined));
}
