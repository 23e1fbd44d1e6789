import { describe, expect, test } from "@jest/globals";
import { previewLine } from "../../../src/cli/previewLine";
import { examples } from "../recurrence/examples";

const answer = (request: unknown): unknown => JSON.parse(previewLine(JSON.stringify(request)));

const daily = { frequency: "Day", interval: 1, hours: [9], minutes: [0] };

describe("a line of the preview", () => {
  test.each(examples)(
    "answers $rule: $recurrence after $after",
    ({ recurrence, after, createdAt, expected }) => {
      const created = createdAt === null ? {} : { createdAt };
      expect(answer({ recurrence, after, count: expected.length, ...created })).toEqual(expected);
    },
  );

  test("counts from creation when that is given, and from the mark when not", () => {
    const everyThird = { frequency: "Day", interval: 3 };
    const after = "2024-02-29T00:00:00Z";
    expect(answer({ recurrence: everyThird, after, count: 1, createdAt: "2024-02-27T06:00:00Z" })).toEqual([
      "2024-03-01T06:00:00Z",
    ]);
    expect(answer({ recurrence: everyThird, after, count: 1 })).toEqual(["2024-03-03T00:00:00Z"]);
  });

  test("gives an empty list for a count of nothing", () => {
    expect(answer({ recurrence: daily, after: "2024-02-29T00:00:00Z", count: 0 })).toEqual([]);
  });

  test("tells all problems of a refused recurrence and of the line at once", () => {
    expect(
      answer({ recurrence: { ...daily, hours: [24], monthDays: [1] }, after: "soon", count: 1.5 }),
    ).toEqual({
      error: {
        code: "InvalidRecurrence",
        problems: [
          { field: "monthDays", expected: expect.any(String), received: "[1]" },
          { field: "hours", expected: "a list of whole numbers from 0 to 23", received: "[24]" },
          { field: "after", expected: "an instant such as 2024-05-17T10:00:00Z", received: '"soon"' },
          { field: "count", expected: "a whole number from 0 to 1000000", received: "1.5" },
        ],
      },
    });
  });

  test.each(["", "x", "[]", "null", '"x"', "{}", '{"recurrence":[]}', '{"recurrence":{},"count":-1}'])(
    "answers %j with one refusal in one line",
    (line) => {
      expect(previewLine(line)).toMatch(/^\{"error":\{"code":"InvalidRecurrence","problems":\[.+\]\}\}$/);
    },
  );
});
