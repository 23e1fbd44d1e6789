import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Datastore } from "../../sdk/datastore";
import { CliError } from "../cliError";
import { connect } from "../connect";
import { dataFolderOf, userFolder } from "../dataFolder";
import { readOptions } from "../options";
import type { Terminal } from "../terminal";

/** `sluice upload FILE`: writes the file into the default datastore; change schedules see it as any other upload. */
export async function upload(args: readonly string[], terminal: Terminal): Promise<number> {
  const options = { data: { type: "string" }, to: { type: "string", default: "inbox/" } } as const;
  const { values, positionals } = readOptions("upload", args, options, ["FILE"]);
  const file = resolve(userFolder(process.env), positionals[0] ?? "");
  const content = await readFile(file).catch((error: unknown) => {
    throw new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  });
  const workspace = await connect(dataFolderOf(values.data, process.env));
  const datastore = await Datastore.getDefault(workspace);
  const path = blobPath(values.to, basename(file));
  await datastore.write(path, content);
  terminal.line(`Uploaded to ${datastore.name}:/${path}`);
  return 0;
}

/** A target that ends in `/` is a folder and keeps the file's name. */
export function blobPath(target: string, fileName: string): string {
  const path = target.endsWith("/") || target === "" ? `${target}${fileName}` : target;
  return path.replace(/^\/+/, "");
}
