import { ensureBuilt } from "./compilation.mjs";
import { ensureInstalled } from "./installation.mjs";

/** Makes a clone ready to run: packages as locked, dist/ as src/ says. Says nothing when all is fresh. */
export async function prepare(root, say) {
  await ensureInstalled(root, say);
  await ensureBuilt(root, say);
}
