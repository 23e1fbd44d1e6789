/** Whether the free texts of an entity fit into its row. */
import type { Problem } from "../model/problem";

/** A column of a table holds at most 32,768 characters. */
const longest = 32_000;

interface Texts {
  readonly description: string;
  readonly properties: Readonly<Record<string, string>>;
}

export function textProblems({ description, properties }: Texts): readonly Problem[] {
  return [
    ...tooLong("Description", description.length),
    ...tooLong("Properties", JSON.stringify(properties).length),
  ];
}

function tooLong(field: string, length: number): Problem[] {
  if (length <= longest) return [];
  return [
    {
      code: "TextTooLong",
      field,
      expected: `at most ${longest} characters`,
      received: `${length} characters`,
    },
  ];
}
