import { usageError } from "../cliError";
import { connect } from "../connect";
import { dataFolderOf } from "../dataFolder";
import { readOptions } from "../options";
import { renderRunList } from "../render/runList";
import { readRunListings } from "../runListings";
import type { Terminal } from "../terminal";

/** `sluice runs`: the newest runs of the workspace. */
export async function runs(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = { data: { type: "string" }, top: { type: "string", default: "20" } } as const;
  const { values } = readOptions("runs", args, options);
  const workspace = await connect(dataFolderOf(values.data, process.env));
  const listings = await readRunListings(workspace, readTop(values.top));
  if (listings.length === 0) terminal.line("There are no runs yet.");
  else
    for (const line of renderRunList(listings, new Date(), terminal.style, terminal.width()))
      terminal.line(line);
  return 0;
}

function readTop(text: string): number {
  const top = Number(text);
  if (/^\d+$/.test(text) && top >= 1 && top <= 500) return top;
  throw usageError(`sluice runs: --top takes a number from 1 to 500, not ${text}.`);
}
