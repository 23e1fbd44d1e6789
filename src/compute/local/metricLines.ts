/** The metrics file of an attempt: one JSON object a line, in the order in which the script logged. */
import { z } from "zod";
import type { LoggedMetric, RunNotes } from "../computeTarget";

const line = z.object({
  name: z.string().min(1).max(255),
  type: z.enum(["scalar", "list", "row", "table", "image", "tag"]),
  value: z.unknown(),
  createdUtc: z.string(),
  step: z.int().optional(),
  of: z.literal("parent").optional(),
});

interface MetricLines extends RunNotes {
  /** What belongs to the pipeline run. */
  readonly parent: RunNotes;
}

interface Notes {
  readonly metrics: LoggedMetric[];
  readonly tags: Map<string, string>;
}

/** A line that a crash cut off, or that is no metric, is left out: the rest is still true. */
export function parseMetricLines(text: string): MetricLines {
  const own: Notes = { metrics: [], tags: new Map() };
  const parent: Notes = { metrics: [], tags: new Map() };
  for (const written of text.split("\n")) {
    const parsed = line.safeParse(parseJson(written));
    if (!parsed.success) continue;
    const { name, type, value, createdUtc, step = null, of } = parsed.data;
    const notes = of === "parent" ? parent : own;
    if (type === "tag") notes.tags.set(name, String(value));
    else notes.metrics.push({ name, type, value, loggedAt: createdUtc, step });
  }
  return { ...notesOf(own), parent: notesOf(parent) };
}

const notesOf = ({ metrics, tags }: Notes): RunNotes => ({ metrics, tags: Object.fromEntries(tags) });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
