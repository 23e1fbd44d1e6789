import { localToken } from "../connect";
import { dataFolderOf } from "../dataFolder";
import { readOptions } from "../options";
import type { Terminal } from "../terminal";

/** `sluice token`: a bearer token for the local service, good for an hour; nothing else on stdout. */
export async function token(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values } = readOptions("token", args, { data: { type: "string" } });
  terminal.line(await localToken(dataFolderOf(values.data, process.env)));
  return 0;
}
