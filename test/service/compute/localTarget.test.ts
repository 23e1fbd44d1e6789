import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  attemptOf,
  inputOf,
  makeComputePlace,
  openComputeRoom,
  readArtifact,
  untilOver,
  untilRunning,
  waitsFor,
  writes,
  type ComputePlace,
} from "./computeRoom";

let place: ComputePlace;
let dataDir: string;
let journal: string;

beforeAll(async () => {
  place = await makeComputePlace();
  ({ dataDir, journal } = place);
});

afterAll(() => place.remove());

const openRoom = (stepsAtOnce = 8) => openComputeRoom(place, { stepsAtOnce });

const timesJournaled = (text: string): number => readFileSync(journal, "utf8").split(`${text}\n`).length - 1;

async function untilGone(pid: number): Promise<void> {
  const gone = (): boolean => {
    try {
      return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return true;
    }
  };
  while (!gone()) await new Promise((next) => setTimeout(next, 10));
}

describe("a step attempt on this machine", () => {
  test("runs the script with its input and output, and keeps outputs, logs and metrics", async () => {
    const room = openRoom();
    const container = await room.datastores.container("workspaceblobstore");
    await container.getBlockBlobClient("raw/a.txt").upload("5", 1);
    const attempt = await attemptOf(
      room,
      [
        "import os, sys",
        "from azureml.core import Run",
        "source, target, factor = sys.argv[1:]",
        "assert source == os.environ['AZUREML_DATAREFERENCE_raw'], source",
        "os.makedirs(target)",
        "open(target + '/doubled.txt', 'w').write(str(int(open(source).read()) * int(factor)))",
        "Run.get_context().log('rows', 1)",
        "os.makedirs('outputs'); open('outputs/note.txt', 'w').write('hello')",
        "print('done')",
      ].join("\n"),
      {
        arguments: [
          { kind: "input", port: "raw" },
          { kind: "output", port: "doubled" },
          { kind: "text", value: "2" },
        ],
        inputs: [inputOf("raw", "raw/a.txt")],
        outputs: [
          {
            name: "doubled",
            dataPath: { datastore: "workspaceblobstore", path: "azureml/x/doubled" },
            mode: "mount",
            pathOnCompute: null,
            overwrite: false,
            sourceGlobs: [],
          },
        ],
        environment: { JOURNAL: journal, AZUREML_RUN_ID: "r1", AZUREML_ARM_PROJECT_NAME: "e" },
      },
    );
    await room.target.submit(attempt);
    expect(await untilOver(room.target, attempt.attemptId)).toMatchObject({ status: "exited", exitCode: 0 });
    const collected = await room.target.collect(attempt);
    expect(collected.metrics).toMatchObject([{ name: "rows", type: "scalar", value: 1 }]);
    expect(collected.lastLogLine).toBe("done");
    const doubled = await container.getBlobClient("azureml/x/doubled/doubled.txt").downloadToBuffer();
    expect(doubled.toString()).toBe("10");
    expect(await readArtifact(room, attempt.stepRunId, "outputs/note.txt")).toBe("hello");
    expect(await readArtifact(room, attempt.stepRunId, "user_logs/std_log.txt")).toBe("done\n");
  });

  test("a failing script exits with its code and leaves the last lines of stderr", async () => {
    const room = openRoom();
    const attempt = await attemptOf(
      room,
      "import sys\nprint('so far')\nraise ValueError('no such column: age')",
    );
    await room.target.submit(attempt);
    expect(await untilOver(room.target, attempt.attemptId)).toMatchObject({ status: "exited", exitCode: 1 });
    expect((await room.target.collect(attempt)).stderrTail).toContain("ValueError: no such column: age");
  });

  test("two apps that submit one attempt at once start the script once", async () => {
    const first = openRoom();
    const second = openRoom();
    const attempt = await attemptOf(first, writes("twice-submitted"));
    await Promise.all([
      first.target.submit(attempt),
      first.target.submit(attempt),
      second.target.submit(attempt),
    ]);
    await untilOver(second.target, attempt.attemptId);
    await second.target.submit(attempt);
    expect(timesJournaled("twice-submitted")).toBe(1);
  });

  test("an app that starts anew finds a running attempt, hears its end, and does not start it again", async () => {
    const first = openRoom();
    const gate = join(dataDir, "gate");
    const script = `${writes("re-attached")}${waitsFor(gate)}`;
    const attempt = await attemptOf(first, script);
    await first.target.submit(attempt);
    await untilRunning(first, attempt, "re-attached");

    const second = openRoom();
    const ended = new Promise<string>((heard) => second.target.onChanged(heard));
    await second.target.submit(attempt);
    expect(await second.target.find(attempt.attemptId)).toMatchObject({ status: "running" });
    appendFileSync(gate, "");
    expect(await ended).toBe(attempt.attemptId);
    expect(await second.target.find(attempt.attemptId)).toMatchObject({ status: "exited", exitCode: 0 });
    expect(timesJournaled("re-attached")).toBe(1);
  });

  test("a killed process is lost, not finished", async () => {
    const room = openRoom();
    const attempt = await attemptOf(room, `${writes("to-be-killed")}import signal, time\ntime.sleep(60)`);
    await room.target.submit(attempt);
    await untilRunning(room, attempt, "to-be-killed");
    const claim = JSON.parse(
      readFileSync(join(dataDir, "app", "attempts", attempt.attemptId, "claim"), "utf8"),
    ) as { pid: number };
    process.kill(claim.pid, "SIGKILL");
    expect(await untilOver(room.target, attempt.attemptId)).toMatchObject({ status: "lost" });
  });

  test("a cancel ends the whole process tree, children that the script started included", async () => {
    const room = openRoom();
    const script = [
      "import os, subprocess, sys, time",
      'child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])',
      writes('tree-" + str(child.pid) + "').trimEnd(),
      "time.sleep(60)",
    ].join("\n");
    const attempt = await attemptOf(room, script);
    await room.target.submit(attempt);
    await untilRunning(room, attempt, "tree-");
    const childPid = Number(/tree-(\d+)/.exec(readFileSync(journal, "utf8"))![1]);
    await room.target.cancel(attempt.attemptId);
    expect(await untilOver(room.target, attempt.attemptId)).toMatchObject({
      status: "exited",
      endedBy: "cancel",
    });
    await untilGone(childPid);
  });

  test("a cancel ends a child by force that outlives its script and does not mind being asked", async () => {
    const room = openRoom();
    const deaf = `import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print("deaf", flush=True); time.sleep(120)`;
    const script = [
      "import os, subprocess, sys, time",
      `child = subprocess.Popen([sys.executable, "-c", ${JSON.stringify(deaf)}], stdout=subprocess.PIPE)`,
      "child.stdout.readline()",
      writes('deaf-" + str(child.pid) + "').trimEnd(),
      "time.sleep(60)",
    ].join("\n");
    const attempt = await attemptOf(room, script);
    await room.target.submit(attempt);
    await untilRunning(room, attempt, "deaf-");
    const childPid = Number(/deaf-(\d+)/.exec(readFileSync(journal, "utf8"))![1]);
    await room.target.cancel(attempt.attemptId);
    expect(await untilOver(room.target, attempt.attemptId)).toMatchObject({ endedBy: "cancel" });
    await untilGone(childPid);
  });

  test("a cancel that comes before the start keeps the script from ever running", async () => {
    const room = openRoom();
    const attempt = await attemptOf(room, writes("cancelled-first"));
    await room.target.cancel(attempt.attemptId);
    await room.target.submit(attempt);
    expect(await room.target.find(attempt.attemptId)).toMatchObject({ status: "exited", endedBy: "cancel" });
    expect(timesJournaled("cancelled-first")).toBe(0);
  });

  test("an orderly stop leaves no process, and the attempt is interrupted rather than failed", async () => {
    const room = openRoom();
    const attempt = await attemptOf(room, `${writes("to-be-stopped")}import time\ntime.sleep(60)`);
    await room.target.submit(attempt);
    await untilRunning(room, attempt, "to-be-stopped");
    await room.target.stop();
    expect(await openRoom().target.find(attempt.attemptId)).toMatchObject({ status: "interrupted" });
    const late = await attemptOf(room, writes("too-late"));
    await expect(room.target.submit(late)).rejects.toThrow("stopping");
    expect(timesJournaled("too-late")).toBe(0);
  });

  test("a script that does not mind SIGTERM is stopped all the same", async () => {
    const room = openRoom();
    const stubborn = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)";
    const attempt = await attemptOf(room, `${stubborn}\n${writes("stubborn")}time.sleep(60)`);
    await room.target.submit(attempt);
    await untilRunning(room, attempt, "stubborn");
    await room.target.stop();
    expect(await room.target.find(attempt.attemptId)).toMatchObject({ status: "interrupted" });
  });

  test("attempts beyond the limit wait, start by themselves when one ends, and tell that they did", async () => {
    const room = openRoom(1);
    const gate = join(dataDir, "gate-of-the-first");
    const first = await attemptOf(room, `${writes("first-in")}${waitsFor(gate)}`);
    const second = await attemptOf(room, writes("second-in"));
    const secondChanged = new Promise<void>((heard) => {
      room.target.onChanged((attemptId) => {
        if (attemptId === second.attemptId) heard();
      });
    });
    await room.target.submit(first);
    await untilRunning(room, first, "first-in");
    await room.target.submit(second);
    await room.target.submit(second);
    expect(await room.target.find(second.attemptId)).toEqual({ status: "preparing" });
    expect(timesJournaled("second-in")).toBe(0);
    appendFileSync(gate, "");
    await secondChanged;
    expect(await untilOver(room.target, second.attemptId)).toMatchObject({ status: "exited", exitCode: 0 });
    expect(timesJournaled("second-in")).toBe(1);
  });

  test("an attempt that is cancelled, or whose app stops, while it waits for others never starts", async () => {
    const room = openRoom(1);
    const first = await attemptOf(room, `${writes("holds-the-slot")}import time\ntime.sleep(60)`);
    const cancelled = await attemptOf(room, writes("cancelled-in-the-queue"));
    const left = await attemptOf(room, writes("left-in-the-queue"));
    await room.target.submit(first);
    await untilRunning(room, first, "holds-the-slot");
    await room.target.submit(cancelled);
    await room.target.submit(left);
    await room.target.cancel(cancelled.attemptId);
    expect(await untilOver(room.target, cancelled.attemptId)).toMatchObject({ endedBy: "cancel" });
    await room.target.stop();
    expect(await room.target.find(left.attemptId)).toEqual({ status: "unknown" });
    expect([timesJournaled("cancelled-in-the-queue"), timesJournaled("left-in-the-queue")]).toEqual([0, 0]);
  });

  test("the time limit ends an attempt that waits for ever", async () => {
    const room = openRoom();
    const attempt = await attemptOf(room, "import time\ntime.sleep(60)", { timeoutMs: 300 });
    await room.target.submit(attempt);
    expect(await untilOver(room.target, attempt.attemptId)).toMatchObject({
      status: "exited",
      endedBy: "timeout",
    });
  });

  test("an input that is not there rejects the attempt and names port and path", async () => {
    const room = openRoom();
    const attempt = await attemptOf(room, "", {
      inputs: [inputOf("raw", "nowhere/x")],
    });
    await room.target.submit(attempt);
    const state = await room.target.find(attempt.attemptId);
    expect(state).toMatchObject({ status: "rejected" });
    expect(state).toHaveProperty("reason", expect.stringMatching(/raw.*nowhere\/x/));
  });

  test("an interpreter that does not exist rejects the attempt and names it", async () => {
    const room = openComputeRoom(place, { python: join(dataDir, "no-python") });
    const attempt = await attemptOf(room, "");
    await room.target.submit(attempt);
    expect(await room.target.find(attempt.attemptId)).toMatchObject({
      status: "rejected",
      reason: expect.stringContaining("no-python"),
    });
  });

  test("a step's process inherits no secret of the app's environment", async () => {
    const room = openRoom();
    process.env["AzureWebJobsStorage"] = "AccountKey=secret";
    const attempt = await attemptOf(
      room,
      "import os\nprint('leaked' if 'secret' in str(os.environ) else 'clean')",
    );
    await room.target.submit(attempt);
    delete process.env["AzureWebJobsStorage"];
    await untilOver(room.target, attempt.attemptId);
    expect((await room.target.collect(attempt)).lastLogLine).toBe("clean");
  });

  test("an attempt id that is a path is refused", () => {
    const { target } = openRoom();
    return expect(target.find("../../etc")).rejects.toThrow("Not an attempt id");
  });
});
