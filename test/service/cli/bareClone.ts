/** A clone in a temporary folder with the real bin/ and a small program, a npm and a compiler that leave traces. */
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

const repository = resolve(__dirname, "..", "..", "..");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface BareClone {
  readonly folder: string;
  path(file: string): string;
  write(file: string, text: string): Promise<void>;
  /** Lines that npm, compiler and program left: what really ran, in order. */
  trace(): Promise<readonly string[]>;
  run(file: string, args?: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  remove(): Promise<void>;
}

/** Writes the packages, unless it is told to break off in the middle. */
const npm = `
const fs = require("node:fs");
fs.appendFileSync("trace", "npm " + process.argv.slice(2, 3) + "\\n");
fs.mkdirSync("node_modules/typescript/bin", { recursive: true });
fs.writeFileSync("node_modules/typescript/package.json", JSON.stringify({ version: "1.0.0" }));
fs.copyFileSync("fake/tsc.cjs", "node_modules/typescript/bin/tsc");
if (process.env.BREAK === "npm") process.exit(1);
`;

const compiler = `
const fs = require("node:fs");
fs.appendFileSync("trace", "tsc\\n");
fs.mkdirSync("dist/cli", { recursive: true });
fs.copyFileSync("src/cli/main.ts", "dist/cli/main.js");
if (process.env.BREAK === "tsc") { console.log("src/cli/main.ts(1,1): error"); process.exit(2); }
`;

/** JavaScript in a .ts file: the compiler above only copies it. */
const program = `
exports.main = async (args) => {
  require("node:fs").appendFileSync("trace", "main " + args[0] + "\\n");
  return 0;
};
`;

export async function createBareClone(): Promise<BareClone> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-clone-"));
  const path = (file: string): string => join(folder, file);
  const write = async (file: string, text: string): Promise<void> => {
    await mkdir(dirname(path(file)), { recursive: true });
    await writeFile(path(file), text);
  };
  await cp(join(repository, "bin"), path("bin"), { recursive: true });
  await write("package.json", JSON.stringify({ name: "sluice", version: "0.1.0" }));
  await write("package-lock.json", "{}");
  await write("tsconfig.build.json", "{}");
  await write("fake/npm-cli.js", npm);
  await write("fake/tsc.cjs", compiler);
  await write("src/cli/main.ts", program);
  return {
    folder,
    path,
    write,
    trace: async () => (await readFile(path("trace"), "utf8").catch(() => "")).split("\n").filter(Boolean),
    run: (file, args = [], env = {}) =>
      runNode([path(file), ...args], folder, {
        ...process.env,
        npm_execpath: path("fake/npm-cli.js"),
        ...env,
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export function runNode(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    const texts = { stdout: "", stderr: "" };
    child.stdout.on("data", (chunk: Buffer) => (texts.stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (texts.stderr += chunk.toString()));
    child.once("error", failed);
    child.once("close", (code) => done({ code, ...texts }));
  });
}
