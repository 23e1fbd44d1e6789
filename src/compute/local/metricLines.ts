/** The metrics file of an attempt: one JSON object a line, in the order in which the script logged. */
import { z } from "zod";
import type { LoggedMetric } from "../computeTarget";

const metricLine = z.object({
  name: z.string().min(1).max(255),
  type: z.enum(["scalar", "list", "row", "table"]),
  value: z.unknown(),
  createdUtc: z.string(),
});

/** A line that a crash cut off, or that is no metric, is left out: the rest is still true. */
export function parseMetricLines(text: string): readonly LoggedMetric[] {
  return text.split("\n").flatMap((line) => {
    const parsed = metricLine.safeParse(parseJson(line));
    if (!parsed.success) return [];
    const { name, type, value, createdUtc } = parsed.data;
    return [{ name, type, value, loggedAt: createdUtc }];
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
