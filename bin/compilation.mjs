// Builds src/ into dist/, when dist/ is not what src/ says.
//
// Invariants:
// 1. The stamp is taken before the compiler reads a file and written after it succeeded: an edit during the
//    build, or an interrupted build, is seen at the next start.
// 2. After an interrupted build nothing is trusted: the compiler's own record goes too, since by it nothing is missing.
// 3. dist/ holds no file whose source is gone, since the app loads everything in dist/functions.
// 4. The stamp names what was compiled as well: a compiled file that is gone or cut short is made again.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PlainError } from "./plainError.mjs";
import { runProgram } from "./runProgram.mjs";

const stampFile = (root) => join(root, "dist", ".sluice-build");

/** Names, sizes and times of every source, and what else decides the compiler's output. */
function buildFingerprint(root) {
  const hash = createHash("sha256");
  for (const file of filesBelow(join(root, "src")).filter(isSource)) {
    const { size, mtimeMs } = statSync(join(root, "src", file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  for (const file of readdirSync(root)
    .filter((name) => /^tsconfig.*\.json$/.test(name))
    .sort()) {
    hash.update(readFileSync(join(root, file)));
  }
  hash.update(versionIn(root) + versionIn(join(root, "node_modules", "typescript")));
  return hash.digest("hex");
}

/** Names and sizes of everything that was compiled. */
function outputFingerprint(root) {
  const dist = join(root, "dist");
  const hash = createHash("sha256");
  for (const file of existsSync(dist) ? filesBelow(dist).filter((name) => name.endsWith(".js")) : []) {
    hash.update(`${file} ${statSync(join(dist, file)).size}\n`);
  }
  return hash.digest("hex");
}

/** The two fingerprints that the last whole build left. */
function readStamp(root) {
  const stamp = stampFile(root);
  const [sources, outputs] = existsSync(stamp) ? readFileSync(stamp, "utf8").split("\n") : [];
  return { sources, outputs };
}

function isBuilt(root) {
  const { sources, outputs } = readStamp(root);
  return sources === buildFingerprint(root) && outputs === outputFingerprint(root);
}

/** Builds when needed. */
export async function ensureBuilt(root, say) {
  if (isBuilt(root)) return;
  say("Building …");
  await build(root);
}

export async function build(root) {
  const fingerprint = buildFingerprint(root);
  const isWhole = readStamp(root).outputs === outputFingerprint(root);
  rmSync(stampFile(root), { force: true });
  if (!isWhole) rmSync(join(root, "dist", ".tsbuildinfo"), { force: true });
  await tsc(root);
  removeOrphans(root);
  mkdirSync(join(root, "dist"), { recursive: true });
  writeFileSync(stampFile(root), `${fingerprint}\n${outputFingerprint(root)}`);
}

async function tsc(root) {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { code, output } = await runProgram(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
    cwd: root,
  });
  if (code !== 0) throw new PlainError(`${output.trim()}\nThe build failed: the lines above say where.`);
}

/** Removes compiled files whose source was deleted or moved. */
function removeOrphans(root) {
  const dist = join(root, "dist");
  if (!existsSync(dist)) return;
  for (const file of filesBelow(dist)) {
    const compiled = /^(.*)\.js(\.map)?$/.exec(file);
    if (compiled !== null && !existsSync(join(root, "src", `${compiled[1]}.ts`))) rmSync(join(dist, file));
  }
}

const isSource = (file) => file.endsWith(".ts") || file.endsWith(".json");

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort();
}

function versionIn(folder) {
  const path = join(folder, "package.json");
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")).version : "none";
}
