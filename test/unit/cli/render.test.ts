import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { durationOf, formatAge, formatDuration } from "../../../src/cli/render/duration";
import { formatValue, renderMetrics } from "../../../src/cli/render/metricTable";
import { renderRunList } from "../../../src/cli/render/runList";
import { renderRunTree, type RunView, type StepView } from "../../../src/cli/render/runTree";
import { sparkline } from "../../../src/cli/render/sparkline";
import { formatBytes, usageOf } from "../../../src/cli/render/usage";
import { plainStyle, styleFor } from "../../../src/cli/render/style";
import { fitTo, padTo, printable, textWidth } from "../../../src/cli/render/textWidth";

const now = new Date("2026-11-21T10:00:10Z");

function aStep(values: Partial<StepView> = {}): StepView {
  return {
    name: "train",
    status: "Running",
    startedAt: "2026-11-21T10:00:08Z",
    endedAt: null,
    attempt: 1,
    lastLogLine: "epoch 3: loss 0.21",
    reason: "",
    usage: "",
    isReused: false,
    reuseReason: "",
    ...values,
  };
}

function aRun(values: Partial<RunView> = {}): RunView {
  const steps = [
    aStep({
      name: "prepare",
      status: "Completed",
      startedAt: "2026-11-21T10:00:06Z",
      endedAt: "2026-11-21T10:00:07.2Z",
      lastLogLine: "455 rows",
    }),
    aStep(),
    aStep({ name: "evaluate", status: "NotStarted", startedAt: null, attempt: 0, lastLogLine: "" }),
  ];
  return {
    id: "r-1",
    pipeline: "tumour",
    status: "Running",
    startedAt: "2026-11-21T10:00:05Z",
    endedAt: null,
    reason: "",
    steps,
    ...values,
  };
}

test("what a step used is told in units that people read", () => {
  expect(usageOf("1.24", "150000000")).toBe("1.2 s CPU, 150 MB");
  expect(usageOf("75", undefined)).toBe("1 min 15 s CPU");
  expect(usageOf(undefined, undefined)).toBe("");
  expect([900_000, 24_400_000, 1_540_000_000].map(formatBytes)).toEqual(["900 kB", "24 MB", "1.5 GB"]);
});

describe("renderRunTree", () => {
  test("shows what a finished step used before what it said, and leaves a failure its reason", () => {
    const usage = "0.4 s CPU, 24 MB";
    const ended = { usage, endedAt: "2026-11-21T10:00:09Z", lastLogLine: "done" };
    const steps = [
      aStep({ ...ended, status: "Completed" }),
      aStep({ ...ended, status: "Failed", reason: "exit code 3" }),
    ];
    expect(renderRunTree(aRun({ steps }), now, plainStyle, 80).slice(1)).toEqual([
      "├─ ✓ train  Finished       1.0 s  0.4 s CPU, 24 MB; done",
      "└─ ✗ train  Failed         1.0 s  exit code 3",
    ]);
  });

  test("shows each step with status, duration and what it said last", () => {
    expect(renderRunTree(aRun(), now, plainStyle, 80)).toEqual([
      "● tumour  r-1  Running  5.0 s",
      "├─ ✓ prepare   Finished       1.2 s  455 rows",
      "├─ ● train     Running        2.0 s  epoch 3: loss 0.21",
      "└─ ○ evaluate  waiting",
    ]);
  });

  test("cuts a log line that would wrap and break the redrawing", () => {
    const run = aRun({ steps: [aStep({ lastLogLine: "x".repeat(500) })] });
    for (const line of renderRunTree(run, now, plainStyle, 60))
      expect(textWidth(line)).toBeLessThanOrEqual(60);
  });

  test("gives what a step said a line of its own where the window is narrow, and none that is wider", () => {
    expect(renderRunTree(aRun(), now, plainStyle, 39)).toEqual([
      "● tumour  r-1  Running  5.0 s",
      "├─ ✓ prepare   Finished       1.2 s",
      "│    455 rows",
      "├─ ● train     Running        2.0 s",
      "│    epoch 3: loss 0.21",
      "└─ ○ evaluate  waiting",
    ]);
    const long = aRun({ steps: [aStep({ lastLogLine: "x".repeat(500) })] });
    for (const line of renderRunTree(long, now, plainStyle, 39))
      expect(textWidth(line)).toBeLessThanOrEqual(39);
  });

  test("says of a reused step since when nothing changed, and of one that ran anew what did", () => {
    const ended = { status: "Completed", startedAt: "2026-11-21T10:00:08Z", endedAt: "2026-11-21T10:00:08Z" };
    const reused = { isReused: true, reuseReason: "nothing changed since run r-0", lastLogLine: "" };
    const steps = [
      aStep({ ...ended, ...reused, name: "prepare", attempt: 0 }),
      aStep({ reuseReason: "argument --lr 0.1 → 0.2", lastLogLine: "epoch 1" }),
    ];
    expect(renderRunTree(aRun({ steps }), now, plainStyle, 100).slice(1)).toEqual([
      "├─ ✓ prepare  Reused         0.0 s  nothing changed since run r-0",
      "└─ ● train    Running        2.0 s  ran anew: argument --lr 0.1 → 0.2; epoch 1",
    ]);
  });

  test("does not let a script move the cursor with its last line", () => {
    const run = aRun({ steps: [aStep({ lastLogLine: "\u001b[2Jgone\r\u0007!" })] });
    expect(renderRunTree(run, now, plainStyle, 80)[1]).toBe("└─ ● train  Running        2.0 s  gone !");
  });

  test("says of a failed step why, and of a skipped one because of which", () => {
    const steps = [
      aStep({ status: "Failed", endedAt: "2026-11-21T10:00:09Z", attempt: 2, reason: "exit code 3" }),
      aStep({ name: "evaluate", status: "Skipped", startedAt: null, attempt: 0, reason: "train failed" }),
    ];
    expect(
      renderRunTree(aRun({ status: "Failed", endedAt: "2026-11-21T10:00:10Z", steps }), now, plainStyle, 80),
    ).toEqual([
      "✗ tumour  r-1  Failed  5.0 s",
      "├─ ✗ train     Failed         1.0 s  attempt 2; exit code 3",
      "└─ – evaluate  Skipped               train failed",
    ]);
  });

  test("colours on a terminal only, and never against NO_COLOR", () => {
    expect(renderRunTree(aRun(), now, styleFor(true, undefined), 80)[0]).toContain("\u001b[");
    expect(renderRunTree(aRun(), now, styleFor(true, "1"), 80)[0]).not.toContain("\u001b[");
    expect(renderRunTree(aRun(), now, styleFor(false, undefined), 80)[0]).not.toContain("\u001b[");
  });
});

describe("renderMetrics", () => {
  test("fits a window of 40 columns: the course goes first, then the end of a table's row", () => {
    const metrics = [
      { step: "train", name: "loss", rows: Array.from({ length: 40 }, (_, index) => ({ loss: 1 / index })) },
      {
        step: "evaluate",
        name: "confusion_matrix",
        rows: [
          { actual: "benign", called_benign: 74 },
          { actual: "malignant", called_benign: 4 },
        ],
      },
    ];
    const lines = renderMetrics(metrics, plainStyle, 40);
    expect(lines).toEqual([
      "STEP      METRIC             VALUE",
      "train     loss              0.0256",
      "evaluate  confusion_matrix  actual beni…",
      "                            actual mali…",
    ]);
  });

  test("shows the last value, and the course of what was logged more than once", () => {
    const metrics = [
      { step: "train", name: "loss", rows: [{ loss: 0.7 }, { loss: 0.3 }, { loss: 0.1234567 }] },
      { step: "evaluate", name: "accuracy", rows: [{ accuracy: 0.96491 }] },
      {
        step: "evaluate",
        name: "confusion_matrix",
        rows: [
          { actual: "benign", called_benign: 74 },
          { actual: "malignant", called_benign: 4 },
        ],
      },
    ];
    expect(renderMetrics(metrics, plainStyle, 80)).toEqual([
      "STEP      METRIC             VALUE  COURSE",
      "train     loss              0.1235  █▃▁ 3 values",
      "evaluate  accuracy          0.9649",
      "evaluate  confusion_matrix  actual benign, called_benign 74",
      "                            actual malignant, called_benign 4",
    ]);
  });

  test("says nothing where there is nothing", () => {
    expect(renderMetrics([], plainStyle, 80)).toEqual([]);
  });

  test.each([
    [3, "3"],
    [0.5, "0.5"],
    [0.00001234, "1.23e-5"],
    [Number.NaN, "NaN"],
    ["a\nb", "a b"],
    [null, "null"],
    [undefined, ""],
    [[1, 2], "[1,2]"],
  ])("writes %j as %s", (value, text) => {
    expect(formatValue(value)).toBe(text);
  });
});

describe("renderRunList", () => {
  test("gives up the end of the cause, not the id, on a narrow terminal", () => {
    const run = {
      id: "11111111-2222-3333-4444-555555555555",
      status: "Finished",
      pipeline: "tumour",
      createdAt: "2026-11-21T09:56:00Z",
      startedAt: "2026-11-21T09:56:00Z",
      endedAt: "2026-11-21T09:56:02Z",
      cause: "blob inbox/a-very-long-name-of-a-file-that-somebody-uploaded.csv",
    };
    const lines = renderRunList([run], now, plainStyle, 100);
    expect(lines[1]).toMatch(
      /^11111111-2222-3333-4444-555555555555 {2}Finished {2}tumour {4}4 min ago {5}2\.0 s {2}blob/,
    );
    expect(textWidth(lines[1] ?? "")).toBeLessThanOrEqual(100);
    expect(lines[1]).toMatch(/…$/);
  });
});

describe("sparkline", () => {
  test("falls for a falling series, from the highest bar to the lowest", () => {
    expect(sparkline([4, 3, 2, 1], 8)).toBe("█▆▃▁");
  });

  test("does not divide by nothing for a constant series", () => {
    expect(sparkline([2, 2, 2], 8)).toBe("▁▁▁");
  });

  test("is as long as the series or the width, whichever is less, whatever the values", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 200 }),
        fc.integer({ min: 1, max: 40 }),
        (values, width) => {
          expect(textWidth(sparkline(values, width))).toBe(Math.min(values.length, width));
        },
      ),
    );
  });
});

describe("duration", () => {
  test.each([
    [-5, "0.0 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min 0 s"],
    [3_599_600, "1 h 0 min"],
    [7_440_000, "2 h 4 min"],
    [266_400_000, "3 d 2 h"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  test("is empty before the start and goes on until the end", () => {
    expect(durationOf(null, null, now)).toBe("");
    expect(durationOf("2026-11-21T10:00:00Z", null, now)).toBe("10.0 s");
  });

  test("a clock that was set back does not make an age negative", () => {
    expect(formatAge("2026-11-21T10:05:00Z", now)).toBe("just now");
  });
});

describe("textWidth", () => {
  test("counts columns, not characters", () => {
    expect(textWidth("日本")).toBe(4);
    expect(textWidth("e\u0301")).toBe(1);
    expect(textWidth("\u001b[1mab\u001b[22m")).toBe(2);
  });

  test("a fitted text is never wider than asked, and a padded one never narrower", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 30 }), (text, width) => {
        const clean = printable(text);
        expect(textWidth(fitTo(clean, width))).toBeLessThanOrEqual(width);
        expect(textWidth(padTo(clean, width))).toBeGreaterThanOrEqual(width);
      }),
    );
  });
});
