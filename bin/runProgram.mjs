// Runs one program to its end. Never through a shell, except where Windows needs one for `npm.cmd`.
import { spawn } from "node:child_process";

/**
 * Runs `file` and resolves with its exit code and output; a program that cannot be started resolves with
 * code -1 and the reason in `output`. With `inherit` the output goes straight to this terminal.
 */
export function runProgram(file, args, { cwd, env, inherit = false, timeoutMs = 0, shell = false } = {}) {
  return new Promise((done) => {
    const stdio = inherit ? "inherit" : ["ignore", "pipe", "pipe"];
    const child = spawn(file, args, { cwd, env, stdio, shell, timeout: timeoutMs, windowsHide: true });
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));
    const output = () => Buffer.concat(chunks).toString("utf8");
    child.on("error", (error) => done({ code: -1, output: error.message }));
    child.on("close", (code, signal) => done({ code: code ?? -1, signal, output: output() }));
  });
}
