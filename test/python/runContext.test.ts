import { afterAll, describe, expect, test } from "@jest/globals";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runPython } from "./interpreter";
import { removeAttempts, supervisedAttempt } from "./supervisedAttempt";

afterAll(removeAttempts);

const getRun = "from azureml.core import Run\nrun = Run.get_context()\n";

async function logged(script: string): Promise<readonly Record<string, unknown>[]> {
  const attempt = supervisedAttempt(getRun + script);
  expect([await attempt.run(), attempt.read("stderr.txt")]).toEqual([0, ""]);
  return attempt.metrics();
}

describe("a run inside a step", () => {
  test("appends one line for each call, in order, with kind, value and instant", async () => {
    const metrics = await logged(
      [
        "run.log('loss', 0.25)",
        "run.log('loss', 0.5, step=2, description='after the break')",
        "run.log('note', 'größer \\n 0')",
        "run.log('done', True)",
        "run.log_list('layers', (3, 4))",
        "run.log_row('fold', index=1, score=0.5)",
        "run.log_table('matrix', {'a': [1, 2], 'b': [3, 4]})",
      ].join("\n"),
    );
    const createdUtc = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(metrics).toEqual([
      { name: "loss", type: "scalar", value: 0.25, createdUtc },
      { name: "loss", type: "scalar", value: 0.5, createdUtc, step: 2, description: "after the break" },
      { name: "note", type: "scalar", value: "größer \n 0", createdUtc },
      { name: "done", type: "scalar", value: true, createdUtc },
      { name: "layers", type: "list", value: [3, 4], createdUtc },
      { name: "fold", type: "row", value: { index: 1, score: 0.5 }, createdUtc },
      { name: "matrix", type: "table", value: { a: [1, 2], b: [3, 4] }, createdUtc },
    ]);
  });

  test("writes values that JSON has no number for as text, instead of a line that no reader can parse", async () => {
    const metrics = await logged("for text in ('nan', 'inf', '-inf'):\n    run.log('x', float(text))\n");
    expect(metrics.map((metric) => metric["value"])).toEqual(["NaN", "Infinity", "-Infinity"]);
  });

  test("takes scalars and arrays of numeric packages", async () => {
    const metrics = await logged(
      [
        "class Scalar:",
        "    def item(self): return 7",
        "class Float64(float): pass",
        "class Array:",
        "    ndim = 1",
        "    def tolist(self): return [1, 2]",
        "run.log('scalar', Scalar())",
        "run.log('subclass', Float64(0.1))",
        "run.log_list('array', Array())",
        "run.log_table('table', {'a': Array(), 'b': [Scalar(), 8]})",
      ].join("\n"),
    );
    expect(metrics.map((metric) => metric["value"])).toEqual([7, 0.1, [1, 2], { a: [1, 2], b: [7, 8] }]);
  });

  test("keeps lines whole when many threads and processes log at once", async () => {
    const metrics = await logged(
      [
        "import threading",
        "def work(number):",
        "    for index in range(50):",
        "        run.log('w%d' % number, 'x' * 2000 + str(index))",
        "if __name__ == '__main__':",
        "    import multiprocessing",
        "    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]",
        "    pool = [multiprocessing.get_context('spawn').Process(target=work, args=(n,)) for n in (8, 9)]",
        "    for item in [*pool, *threads]: item.start()",
        "    for item in [*pool, *threads]: item.join()",
      ].join("\n"),
    );
    for (const writer of [0, 1, 2, 3, 8, 9]) {
      const own = metrics.filter((metric) => metric["name"] === `w${writer}`);
      expect(own.map((metric) => String(metric["value"]).slice(2000))).toEqual(
        Array.from({ length: 50 }, (_, index) => String(index)),
      );
    }
  });

  test("knows its id, its pipeline run, its experiment and what it logged", async () => {
    const script = [
      "run.log('loss', 3); run.log('loss', 2); run.log('once', 1)",
      "run.log_row('row', a=1); run.log_row('row', a=2); run.flush()",
      "print(run.id, run.parent.id, run.experiment.name, Run.get_context(allow_offline=False).get_metrics())",
      "print(run.get_metrics('once'))",
    ].join("\n");
    const environment = {
      AZUREML_RUN_ID: "step-run-1",
      AZUREML_ROOT_RUN_ID: "run-1",
      AZUREML_ARM_PROJECT_NAME: "tumour",
    };
    const attempt = supervisedAttempt(getRun + script, { attempt: { environment } });
    expect(await attempt.run()).toBe(0);
    expect(attempt.read("std_log.txt")).toBe(
      "step-run-1 run-1 tumour {'loss': [3, 2], 'once': 1, 'row': {'a': [1, 2]}}\n{'once': 1}\n",
    );
  });
});

describe("files, images and tags of a run", () => {
  const environment = { AZUREML_RUN_ID: "step-run-1", AZUREML_ROOT_RUN_ID: "run-1" };
  const attemptOf = (script: string, files: Readonly<Record<string, string>> = {}) =>
    supervisedAttempt(getRun + script, { attempt: { environment }, files });

  test("keep a file as it was when it was uploaded, for the step and for its pipeline run", async () => {
    const attempt = attemptOf(
      [
        "import io",
        "run.upload_file('models/a.txt', 'a.txt')",
        "open('a.txt', 'w').write('changed later')",
        "run.upload_file('b.bin', io.BytesIO(b'stream'))",
        "run.upload_files(['c.txt'], ['a.txt'])",
        "run.parent.upload_folder('tree', '.')",
      ].join("\n"),
      { "a.txt": "first" },
    );
    expect([await attempt.run(), attempt.read("stderr.txt")]).toEqual([0, ""]);
    expect(attempt.read("uploads/own/models/a.txt")).toBe("first");
    expect(attempt.read("uploads/own/b.bin")).toBe("stream");
    expect(attempt.read("uploads/own/c.txt")).toBe("changed later");
    expect(attempt.read("uploads/parent/tree/a.txt")).toBe("changed later");
  });

  test.each([
    ["run.upload_file('x', 'train.py'); run.upload_file('x', 'train.py')", "has a file x already"],
    ["run.upload_file('../x', 'train.py')", "is no name for a file of a run"],
    ["run.upload_file('C:/x', 'train.py')", "is no name for a file of a run"],
    ["run.upload_file('user_logs/std_log.txt', 'train.py')", "belongs to the system's own logs"],
    ["run.upload_file('x', 'missing.txt')", "missing.txt"],
    ["run.upload_file('x', 'train.py', datastore_name='d')", "write to an output for datastore d"],
    ["run.upload_files(['x', 'y'], ['train.py'])", "2 names do not fit 1 paths"],
    ["run.log_image('plot')", "give either path or plot"],
  ])("refuse %s, and leave no half file behind", async (call, message) => {
    const attempt = attemptOf(call);
    expect(await attempt.run()).toBe(1);
    expect(attempt.read("stderr.txt")).toContain(message);
    const left = existsSync(join(attempt.folder, "uploads", "unfinished"))
      ? readdirSync(join(attempt.folder, "uploads", "unfinished"))
      : [];
    expect(left).toEqual([]);
  });

  test("log an image as a file and its address", async () => {
    const plot = "class Plot:\n    def savefig(self, stream, format): stream.write(format.encode())\n";
    const attempt = attemptOf(
      `${plot}run.log_image('a/b', path='p.jpg')\nrun.log_image('drawn', plot=Plot())`,
      {
        "p.jpg": "jpeg",
      },
    );
    expect(await attempt.run()).toBe(0);
    const metrics = attempt.metrics();
    expect(metrics.map(({ name, type }) => [name, type])).toEqual([
      ["a/b", "image"],
      ["drawn", "image"],
    ]);
    const files = metrics.map(
      ({ value }) => /^aml:\/\/artifactId\/ExperimentRun\/dcid\.step-run-1\/(.*)$/.exec(String(value))![1]!,
    );
    expect(files[0]).toMatch(/^a_b_\d+\.jpg$/);
    expect(files.map((file) => attempt.read(`uploads/own/${file}`))).toEqual(["jpeg", "png"]);
  });

  test("tell the pipeline run's tags and metrics from the step's own", async () => {
    const attempt = attemptOf(
      "run.tag('a', 1); run.parent.set_tags({'b': 'x'}); run.parent.log('total', 3); print(run.get_metrics(), run.parent.get_metrics())",
    );
    expect(await attempt.run()).toBe(0);
    expect(attempt.metrics().map(({ name, type, value, of }) => [name, type, value, of])).toEqual([
      ["a", "tag", "1", undefined],
      ["b", "tag", "x", "parent"],
      ["total", "scalar", 3, "parent"],
    ]);
    expect(attempt.read("std_log.txt")).toBe("{} {'total': 3}\n");
  });

  test("are not lost when the process ends without a farewell", async () => {
    const attempt = attemptOf("run.log('loss', 1); run.tag('a', 'b')\nimport os\nos._exit(3)");
    await attempt.run();
    expect(attempt.metrics()).toHaveLength(2);
  });
});

describe("named datasets of a step", () => {
  test("are a path where they were delivered and an id where they were not", async () => {
    const environment = {
      AZUREML_RUN_ID: "r",
      AZUREML_DATASET_ENVIRONMENT_VARS: "images:mount,labels:direct,gone:mount",
      images: "/data/images",
      labels: "dataset-1",
    };
    const attempt = supervisedAttempt(
      `${getRun}d = run.input_datasets\nprint(d, d['labels'].id, hasattr(d['images'], 'id'))`,
      { attempt: { environment } },
    );
    expect(await attempt.run()).toBe(0);
    expect(attempt.read("std_log.txt")).toBe(
      "{'images': '/data/images', 'labels': 'dataset-1'} dataset-1 False\n",
    );
  });
});

describe("a value that is no metric", () => {
  test.each([
    ["run.log('loss', None)", "TypeError: Metric 'loss' takes numbers and texts, not NoneType."],
    ["run.log('loss', [1])", "TypeError: Metric 'loss' takes numbers and texts, not list."],
    ["run.log('', 1)", "ValueError: A metric needs a name"],
    ["run.log('loss', 1, step=0.5)", "TypeError: Metric 'loss': step is a whole number"],
    ["run.log_list('layers', 3)", "TypeError: Metric 'layers' takes a list, not int."],
    ["run.log_row('fold')", "ValueError: Metric 'fold': a row needs at least one column"],
    [
      "run.log_table('m', {'a': [1], 'b': [1, 2]})",
      "ValueError: Metric 'm': the columns of a table have one length",
    ],
  ])("is refused with its name: %s", (call, message) => {
    const result = runPython(["-c", getRun + call]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(message);
    expect(result.stdout).toBe("");
  });
});

describe("a script started by hand", () => {
  test("gets an offline run that prints its metrics", () => {
    const result = runPython([
      "-c",
      `${getRun}run.log('loss', 0.3)\nprint(run.id.split('_')[0], run.parent, run.get_metrics(), Run.get_context().id == run.id)`,
    ]);
    expect(result.stdout.split(/\r?\n/)).toEqual([
      "Attempted to log scalar metric loss:",
      "0.3",
      "OfflineRun None {'loss': 0.3} True",
      "",
    ]);
  });

  test("is told what is missing when it insists on being a step", () => {
    const script = [
      "from azureml.core import Run",
      "from azureml.exceptions import RunEnvironmentException",
      "try:",
      "    Run.get_context(allow_offline=False)",
      "except RunEnvironmentException as problem:",
      "    print(problem)",
    ].join("\n");
    expect(runPython(["-c", script]).stdout).toContain("AZUREML_RUN_ID is not set");
  });

  test("is told in plain words that a member of Azure ML is absent, instead of having it faked", () => {
    const member = runPython(["-c", `${getRun}print(hasattr(run, 'child_run'))\nrun.child_run('a')`]);
    expect(member.stdout.trim()).toBe("False");
    expect(member.stderr).toContain("Run.child_run does not exist in a Sluice step. What exists: ");
    const name = runPython(["-c", "from azureml.core import Workspace"]);
    expect(name.stderr).toContain("azureml.core.Workspace does not exist in a Sluice step");
  });
});
