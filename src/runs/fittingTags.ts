/** The tags that a script sets, as far as a row holds them. Pure. */
import { longestColumn } from "./rowText";

type Tags = Readonly<Record<string, string>>;

export interface FittingTags {
  readonly tags: Tags;
  /** What was left out, in plain words; nothing where all fit. */
  readonly warnings: readonly string[];
}

/** `held` with those of `noted` that fit beside them, in their order; `held` itself fits. */
export function fittingTags(held: Tags, noted: Tags): FittingTags {
  const tags = new Map(Object.entries(held));
  let room = longestColumn - JSON.stringify(held).length;
  let left = 0;
  for (const [key, value] of Object.entries(noted)) {
    const before = tags.get(key);
    const more = lengthOf(key, value) - (before === undefined ? 0 : lengthOf(key, before));
    if (more > room) {
      left++;
      continue;
    }
    room -= more;
    tags.set(key, value);
  }
  const warnings =
    left === 0 ? [] : [`${left} tags were left out: together they may have ${longestColumn} characters`];
  return { tags: Object.fromEntries(tags), warnings };
}

/** With the comma before it. */
const lengthOf = (key: string, value: string): number => JSON.stringify({ [key]: value }).length - 1;
