import { describe, expect, test } from "@jest/globals";
import { rememberFound } from "../../../src/data/rememberFound";

function counted(answers: Readonly<Record<string, () => Promise<string | undefined>>>) {
  const asked: string[] = [];
  const find = (id: string): Promise<string | undefined> => {
    asked.push(id);
    return answers[id]?.() ?? Promise.resolve(`value of ${id}`);
  };
  return { asked, find };
}

describe("what never changes once it can be found", () => {
  test("is asked for once, also by callers at the same time", async () => {
    const { asked, find } = counted({});
    const remembered = rememberFound(10, find);
    expect(await Promise.all([remembered("a"), remembered("a")])).toEqual(["value of a", "value of a"]);
    expect(await remembered("a")).toBe("value of a");
    expect(asked).toEqual(["a"]);
  });

  test("is found as soon as it is there: absence and failures are not remembered", async () => {
    const answers = [() => Promise.resolve(undefined), () => Promise.reject(new Error("away"))];
    const { find } = counted({ a: () => answers.shift()?.() ?? Promise.resolve("there") });
    const remembered = rememberFound(10, find);
    expect(await remembered("a")).toBeUndefined();
    await expect(remembered("a")).rejects.toThrow("away");
    expect(await remembered("a")).toBe("there");
  });

  test("does not fill the memory: the oldest is forgotten", async () => {
    const { asked, find } = counted({});
    const remembered = rememberFound(2, find);
    for (const id of ["a", "b", "c", "c", "b", "a"]) await remembered(id);
    expect(asked).toEqual(["a", "b", "c", "a"]);
  });
});
