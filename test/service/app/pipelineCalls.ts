/** What tests of the whole service do by hand: submit over HTTP, and find processes by what they run. */
import { spawnSync } from "node:child_process";
import type { Workspace } from "../../../src/sdk/workspace";

/** Submits as any caller of v1's REST route would; the run id. */
export async function submitPipeline(
  { service, routes }: Workspace,
  pipelineId: string,
  body: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const answer = await fetch(service.baseUrl + routes.submitPipeline(pipelineId), {
    method: "POST",
    headers: { authorization: `Bearer ${await service.token()}`, "content-type": "application/json" },
    body: JSON.stringify({ ExperimentName: "e", ...body }),
  });
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { Id: string }).Id;
}

/** The process below `ancestor` (1 = any) whose command line holds `text`. */
export function pidBelow(ancestor: number, text: string): number {
  const { stdout } = spawnSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  const rows = stdout.split("\n").flatMap((line) => {
    const [, pid, parent, args] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), args: args ?? "" }];
  });
  const parents = new Map(rows.map(({ pid, parent }) => [pid, parent]));
  const isBelow = (pid: number | undefined): boolean =>
    ancestor === 1 || pid === ancestor || (pid !== undefined && pid > 1 && isBelow(parents.get(pid)));
  const found = rows.find(({ pid, args }) => args.includes(text) && isBelow(pid));
  if (found === undefined) throw new Error(`no process runs ${text}`);
  return found.pid;
}
