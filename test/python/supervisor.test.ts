import { afterAll, describe, expect, test } from "@jest/globals";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ended, removeAttempts, supervisedAttempt } from "./supervisedAttempt";

afterAll(removeAttempts);

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe("how a script ended", () => {
  test("is recorded as 0 when it runs to its end, and says when", async () => {
    const attempt = supervisedAttempt("print('done')");
    expect(await attempt.run()).toBe(0);
    expect(attempt.exitRecord()).toEqual({
      exitCode: 0,
      finishedAt: expect.stringMatching(instant),
      signal: null,
      timedOut: false,
      usage: expect.anything(),
    });
  });

  test.each([
    ["sys.exit(3)", 3, ""],
    ["sys.exit()", 0, ""],
    ["sys.exit(-1)", 255, ""],
    ["sys.exit('no rows left')", 1, "no rows left\n"],
  ])("is what the interpreter itself would answer to %s", async (statement, exitCode, stderr) => {
    const attempt = supervisedAttempt(`import sys\n${statement}\n`);
    expect(await attempt.run()).toBe(exitCode);
    expect(attempt.exitRecord()).toMatchObject({ exitCode, signal: null });
    expect(attempt.read("stderr.txt")).toBe(stderr);
  });

  test("is 1 with a traceback of the script alone when an exception escapes", async () => {
    const attempt = supervisedAttempt("def load():\n    raise ValueError('column 7')\n\nload()\n");
    expect(await attempt.run()).toBe(1);
    const lines = attempt.read("stderr.txt").split("\n");
    expect(lines[0]).toBe("Traceback (most recent call last):");
    expect(lines).toContain("ValueError: column 7");
    expect(attempt.read("stderr.txt")).not.toContain("sluice_step");
    expect(attempt.read("std_log.txt")).toBe(attempt.read("stderr.txt"));
  });

  test("is 1 with the line at fault when the script does not parse", async () => {
    const attempt = supervisedAttempt("x = = 1\n");
    expect(await attempt.run()).toBe(1);
    expect(attempt.read("stderr.txt")).toMatch(/train\.py", line 1[^]*SyntaxError/);
    expect(attempt.read("stderr.txt")).not.toContain("sluice_step");
  });

  test("is 2, naming the script, when there is no such script", async () => {
    const attempt = supervisedAttempt("", { attempt: { script: "other.py" } });
    expect(await attempt.run()).toBe(2);
    expect(attempt.read("stderr.txt")).toContain("other.py");
  });

  test("names every bad key of attempt.json at once", async () => {
    const attempt = supervisedAttempt("print('never')", {
      attempt: { arguments: [1], environment: { A: 2 }, timeoutSeconds: -1 },
    });
    expect(await attempt.run()).toBe(1);
    expect(attempt.read("stderr.txt")).toMatch(/arguments must.*environment must.*timeoutSeconds must/);
    expect(attempt.read("std_log.txt")).not.toContain("never");
  });

  test("leaves no record when the process vanishes, so that it counts as lost and not as finished", async () => {
    const attempt = supervisedAttempt("import os\nos._exit(0)\n");
    await attempt.run();
    expect(attempt.exists("supervisor.json")).toBe(true);
    expect(attempt.exists("exit.json")).toBe(false);
  });

  test("is recorded by the supervisor, not by a fork of the script that falls out of its code first", async () => {
    const script = "import os, sys\nif os.fork() == 0:\n    sys.exit(5)\nos.wait()\nprint('parent')\n";
    if (process.platform === "win32") return;
    const attempt = supervisedAttempt(script);
    expect(await attempt.run()).toBe(0);
    expect(attempt.exitRecord().exitCode).toBe(0);
  });
});

describe("one attempt", () => {
  test("runs its script once when several supervisors start on it in the same moment", async () => {
    const attempt = supervisedAttempt("open('starts.txt', 'a').write('x')\n");
    const codes = await Promise.all([1, 2, 3, 4].map(() => attempt.run()));
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(readFileSync(join(attempt.work, "starts.txt"), "utf8")).toBe("x");
  });

  test("keeps its record when it is started again after its end", async () => {
    const attempt = supervisedAttempt("import sys\nprint('once')\nsys.exit(4)\n");
    await attempt.run();
    const record = attempt.read("exit.json");
    expect(await attempt.run()).toBe(0);
    expect(attempt.read("exit.json")).toBe(record);
    expect(attempt.read("std_log.txt")).toBe("once\n");
  });

  test("says which process runs it, so that a reused pid is not taken for it", async () => {
    const attempt = supervisedAttempt("import time\nwhile True:\n    time.sleep(0.01)\n");
    const child = attempt.start();
    await attempt.until("supervisor.json", (text) => text !== "");
    const record = JSON.parse(attempt.read("supervisor.json")) as Record<string, unknown>;
    expect(record).toMatchObject({ pid: child.pid, startedAt: expect.stringMatching(instant) });
    if (process.platform === "linux") {
      const stat = readFileSync(`/proc/${String(child.pid)}/stat`, "utf8");
      expect(record["processStartedAt"]).toBe(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    }
    child.kill("SIGKILL");
    await ended(child);
  });
});

describe("a script under the supervisor", () => {
  test("sees its arguments, environment, folder and sibling modules as under a bare interpreter", async () => {
    const script = [
      "import os, sys, pickle, sibling",
      "class Model: pass",
      "pickle.loads(pickle.dumps(Model()))",
      "print(sys.argv, os.environ['AML_PARAMETER_rate'], __name__, sibling.value)",
      "print(os.path.realpath(os.getcwd()) == os.path.realpath(os.path.dirname(__file__)), sys.stdin.read() == '')",
    ].join("\n");
    const attempt = supervisedAttempt(script, {
      files: { "sibling.py": "value = 42\n" },
      attempt: { arguments: ["--rate", "0.1 €"], environment: { AML_PARAMETER_rate: "0.1" } },
    });
    expect(await attempt.run()).toBe(0);
    expect(attempt.read("std_log.txt")).toBe("['train.py', '--rate', '0.1 €'] 0.1 __main__ 42\nTrue True\n");
  });

  test("has its prints, errors and child processes in one log in the order in which they happened", async () => {
    const child = "import sys; print('child out', flush=True); print('child err', file=sys.stderr)";
    const script = [
      "import subprocess, sys",
      "print('one')",
      "print('two', file=sys.stderr)",
      `subprocess.run([sys.executable, '-c', ${JSON.stringify(child)}])`,
      "print('three')",
    ].join("\n");
    const attempt = supervisedAttempt(script);
    expect(await attempt.run()).toBe(0);
    expect(attempt.read("std_log.txt").split(/\r?\n/)).toEqual([
      "one",
      "two",
      "child out",
      "child err",
      "three",
      "",
    ]);
    expect(attempt.read("stderr.txt")).toBe("two\n");
  });

  test("shows a line while it still runs, without asking for a flush", async () => {
    const script =
      "import os, time\nprint('epoch 1')\nwhile not os.path.exists('go'):\n    time.sleep(0.01)\n";
    const attempt = supervisedAttempt(script);
    const child = attempt.start();
    await attempt.until("std_log.txt", (text) => text === "epoch 1\n");
    expect(attempt.exists("exit.json")).toBe(false);
    writeFileSync(join(attempt.work, "go"), "");
    expect(await ended(child)).toBe(0);
  });

  test("has everything on disk before its record: late threads, exit handlers, files left open", async () => {
    const script = [
      "import atexit, threading, time, zipfile",
      "from azureml.core import Run",
      "run = Run.get_context()",
      "def late():",
      "    time.sleep(0.05)",
      "    run.log('late', 1)",
      "threading.Thread(target=late).start()",
      "atexit.register(lambda: run.log('handler', 2))",
      "left_open = open('left_open.txt', 'w')",
      "left_open.write('all of it')",
      "archive = zipfile.ZipFile('archive.zip', 'w')",
      "archive.writestr('a', 'b')",
    ].join("\n");
    const attempt = supervisedAttempt(script);
    const child = attempt.start();
    await attempt.until("exit.json", (text) => text !== "");
    expect(attempt.metrics().map((metric) => metric["name"])).toEqual(["late", "handler"]);
    expect(readFileSync(join(attempt.work, "left_open.txt"), "utf8")).toBe("all of it");
    // The end-of-archive mark, which is written only when the archive is closed.
    expect(readFileSync(join(attempt.work, "archive.zip"), "latin1")).toContain("PK\x05\x06");
    await ended(child);
  });

  test("does not lose what native code has printed but not flushed", async () => {
    if (process.platform === "win32") return;
    const attempt = supervisedAttempt("import ctypes\nctypes.CDLL(None).printf(b'from C')\n");
    expect(await attempt.run()).toBe(0);
    expect(attempt.read("std_log.txt")).toBe("from C");
  });

  test("gives its own Python processes the run context, and pools their work", async () => {
    const script = [
      "import multiprocessing, os",
      "from azureml.core import Run",
      "def work(number):",
      "    Run.get_context().log('square', number * number)",
      "    return number * number",
      "if __name__ == '__main__':",
      "    with multiprocessing.get_context('spawn').Pool(2) as pool:",
      "        print(sum(pool.map(work, range(5))))",
    ].join("\n");
    const attempt = supervisedAttempt(script);
    expect(await attempt.run()).toBe(0);
    expect(attempt.read("std_log.txt")).toBe("30\n");
    expect(attempt.metrics().map((metric) => metric["value"])).toEqual(
      expect.arrayContaining([0, 1, 4, 9, 16]),
    );
  });
});

describe("the supervisor", () => {
  test("imports none of the slow modules, which every step of every run would pay for", async () => {
    const attempt = supervisedAttempt(
      "import sys\nprint(sorted({'json', 're', 'threading', 'signal', 'runpy', 'traceback', 'subprocess'} & set(sys.modules)))\n",
    );
    await attempt.run();
    expect(attempt.read("std_log.txt")).toBe("[]\n");
  });
});

describe("what an attempt used", () => {
  test("is the CPU time of its processes together and the highest memory of one of them", async () => {
    const work = "x = bytearray(150_000_000)\nimport time\nwhile time.process_time() < 0.3: pass";
    const attempt = supervisedAttempt(
      `import subprocess, sys\nsubprocess.run([sys.executable, "-c", ${JSON.stringify(work)}])`,
    );
    expect(await attempt.run()).toBe(0);
    const { cpuSeconds, peakMemoryBytes } = attempt.exitRecord().usage!;
    expect(cpuSeconds).toBeGreaterThanOrEqual(0.3);
    expect(peakMemoryBytes).toBeGreaterThan(150_000_000);
  });

  test("does not count the memory of the process that started it", async () => {
    const attempt = supervisedAttempt("pass");
    expect(await attempt.run()).toBe(0);
    // This test runner holds several times as much.
    expect(attempt.exitRecord().usage!.peakMemoryBytes).toBeLessThan(60_000_000);
  });
});
