import { afterEach, expect, test } from "@jest/globals";
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { environment, repository } from "./startedSluice";

let child: ChildProcessWithoutNullStreams | undefined;
afterEach(() => {
  child?.kill();
});

function preview(): ChildProcessWithoutNullStreams {
  const args = [join(repository, "bin", "sluice.mjs"), "schedule", "preview", "--stdin"];
  child = spawn(process.execPath, args, { env: environment() });
  return child;
}

const line = (interval: number): string =>
  `${JSON.stringify({
    recurrence: { frequency: "Hour", interval, start_time: "2026-01-01T00:00:00" },
    after: "2025-12-31T00:00:00Z",
    count: 2,
  })}\n`;

test("each line is answered before the next one is sent, and a refused one does not end it", async () => {
  const { stdin, stdout } = preview();
  const answers = createInterface(stdout)[Symbol.asyncIterator]();
  const ask = async (text: string): Promise<unknown> => {
    stdin.write(text);
    return JSON.parse((await answers.next()).value as string);
  };
  expect(await ask(line(1))).toEqual(["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"]);
  expect(await ask("nonsense ä\n")).toMatchObject({ error: { code: "InvalidRecurrence" } });
  expect(await ask(line(2))).toEqual(["2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z"]);
});

test("thousands of lines come back one for one and in order, the last one without a line break too", async () => {
  const { stdin, stdout } = preview();
  const intervals = Array.from({ length: 5_000 }, (_, index) => index + 1);
  stdin.end(intervals.map(line).join("").trimEnd());
  let said = "";
  for await (const chunk of stdout) said += String(chunk);
  const answers = said
    .trimEnd()
    .split("\n")
    .map((answer) => JSON.parse(answer) as string[]);
  const start = Date.parse("2026-01-01T00:00:00Z");
  expect(answers.map((slots) => (Date.parse(slots[1]!) - start) / 3_600_000)).toEqual(intervals);
});

test("a reader that has seen enough ends it without a word", async () => {
  const { stdin, stdout, stderr } = preview();
  stdin.on("error", () => undefined);
  stdin.write(line(1).repeat(20_000));
  await once(stdout, "data");
  stdout.destroy();
  stdin.write(line(1).repeat(20_000));
  stdin.end();
  let complaints = "";
  for await (const chunk of stderr) complaints += String(chunk);
  expect(complaints).toBe("");
});
