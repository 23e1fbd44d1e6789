// Installs exactly the lockfile, when it is not what is installed already.
//
// Invariants:
// 1. The stamp is written after npm succeeded and removed before npm starts, so an interrupted
//    installation is seen at the next start.
// 2. A stamp is believed only as long as every package that must be there is: `npm prune` and its like leave it.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { PlainError } from "./plainError.mjs";
import { runProgram } from "./runProgram.mjs";

const stampFile = (root) => join(root, "node_modules", ".sluice-install");

/** What the installed packages depend on: the lockfile, and the machine that native packages were chosen for. */
function installFingerprint(root) {
  const lock = readFileSync(join(root, "package-lock.json"));
  const machine = `${process.platform} ${process.arch} ${process.versions.modules}`;
  return createHash("sha256").update(lock).update(machine).digest("hex");
}

function isInstalled(root) {
  return readStamp(stampFile(root)) === installFingerprint(root) && missingPackage(root) === undefined;
}

/** A package of the lockfile that is not there; optional ones are left out where the machine is another. */
function missingPackage(root) {
  const { packages = {} } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(packages).find(
    ([path, { optional, devOptional }]) =>
      path !== "" && !optional && !devOptional && !existsSync(join(root, path, "package.json")),
  );
}

/** Installs when needed. */
export async function ensureInstalled(root, say) {
  if (isInstalled(root)) return;
  const fingerprint = installFingerprint(root);
  const first = !existsSync(join(root, "node_modules"));
  say(
    first
      ? "Installing the packages of package-lock.json …"
      : "Packages are not those of package-lock.json: installing …",
  );
  rmSync(stampFile(root), { force: true });
  await npmCi(root);
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(stampFile(root), fingerprint);
}

async function npmCi(root) {
  const { file, args, shell } = npmCommand(process.env, process.platform);
  const options = ["ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  const { code } = await runProgram(file, [...args, ...options], { cwd: root, inherit: true, shell });
  if (code === 0) return;
  throw new PlainError(
    `The packages could not be installed (npm ci ended with code ${code}): the lines above say why; mend it and run the command again.`,
  );
}

/** npm as it runs us, else the npm beside this Node, else the one on the PATH. */
function npmCommand(env, platform) {
  const nodeFolder = dirname(process.execPath);
  const known = [
    env.npm_execpath,
    join(nodeFolder, "node_modules", "npm", "bin", "npm-cli.js"),
    join(nodeFolder, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
  ].find((path) => path !== undefined && path.endsWith("npm-cli.js") && existsSync(path));
  if (known !== undefined) return { file: process.execPath, args: [known], shell: false };
  return { file: "npm", args: [], shell: platform === "win32" };
}

function readStamp(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
