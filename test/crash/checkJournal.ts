/**
 * What the journal says against the rules. Pure.
 *
 * 1. An activity whose completion was seen committed never begins again.
 * 2. In an orchestration that calls one activity after the other, an activity that began proves that those before it
 *    were committed: none of them begins again.
 * 3. One process of the app begins an activity once: only its death makes it run again. (One that fails and is tried
 *    again is another run of the orchestration's own making.)
 * 4. Every acknowledged blob write raised its event, under its own ETag.
 */
import { kinds, type Kind, type LoadRecord } from "./loadRecord";

export interface JournalFindings {
  readonly violations: readonly string[];
  /** Activities that began again since they were killed before their completion was committed. */
  readonly reruns: number;
  readonly begun: number;
  readonly events: number;
}

interface Line {
  readonly pid: string;
  readonly word: string;
  readonly subject: string;
  readonly detail: string;
  /** Bytes of the journal before this line. */
  readonly offset: number;
}

export function checkJournal(lines: readonly string[], record: LoadRecord): JournalFindings {
  const parsed = parse(lines);
  const begins = parsed.filter(({ word }) => word === "begin");
  const events = new Set(
    parsed.filter(({ word }) => word === "event").map(({ subject, detail }) => `${subject} ${detail}`),
  );
  const missing = [...record.blobWrites].filter((write) => !events.has(write));
  const activities = new Set(begins.map(activityOf));
  return {
    violations: [
      ...begunAfterSeen(begins, record),
      ...begunAfterSuccessor(begins),
      ...begunTwiceInOneProcess(begins),
      ...missing.map((write) => `the blob write ${write} raised no event`),
    ],
    reruns: begins.length - activities.size,
    begun: activities.size,
    events: events.size,
  };
}

function parse(lines: readonly string[]): Line[] {
  let offset = 0;
  return lines.map((line) => {
    const [pid = "", word = "", subject = "", detail = ""] = line.split(" ");
    const at = offset;
    offset += line.length + 1;
    return { pid, word, subject, detail, offset: at };
  });
}

const activityOf = ({ subject, detail }: Line): string => `${subject} ${detail}`;

function begunAfterSeen(begins: readonly Line[], { seen }: LoadRecord): string[] {
  const seenAt = new Map<string, number>();
  for (const { id, key, journalSize } of seen) {
    const activity = `${id} ${key}`;
    seenAt.set(activity, Math.min(journalSize, seenAt.get(activity) ?? Infinity));
  }
  return begins
    .filter((line) => line.offset >= (seenAt.get(activityOf(line)) ?? Infinity))
    .map((line) => `activity ${activityOf(line)} began again after its completion was seen`);
}

function kindOf(id: string): Kind {
  // A child is a chain.
  return id.includes(".") ? "chain" : (id.split("-")[0] as Kind);
}

function begunAfterSuccessor(begins: readonly Line[]): string[] {
  const furthest = new Map<string, number>();
  return begins.flatMap((line) => {
    if (!kinds[kindOf(line.subject)].inOrder) return [];
    const key = Number(line.detail);
    const last = furthest.get(line.subject) ?? -1;
    furthest.set(line.subject, Math.max(key, last));
    return key < last ? [`activity ${activityOf(line)} began again after activity ${last} had begun`] : [];
  });
}

function begunTwiceInOneProcess(begins: readonly Line[]): string[] {
  const known = new Set<string>();
  return begins.flatMap((line) => {
    if (kindOf(line.subject) === "retry") return [];
    const run = `${line.pid} ${activityOf(line)}`;
    if (known.has(run)) return [`activity ${activityOf(line)} began twice in process ${line.pid}`];
    known.add(run);
    return [];
  });
}
