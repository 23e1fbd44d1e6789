/**
 * Owns: the order in which `x-ms-` headers are signed. Pure.
 *
 * Azure orders them as a culture would, not by bytes: the first pass ignores hyphens, orders punctuation before digits
 * before letters; where that leaves a tie, the name whose hyphen comes earlier is the greater one.
 */
export function compareHeaderNames(left: string, right: string): number {
  const first = compareWeights(weights(left), weights(right));
  return first !== 0 ? first : compareHyphens(left, right);
}

/** Characters of a header name that sort before digits, in their order. */
const PUNCTUATION = "!#$%&*.^_`|~+";

function weights(name: string): readonly number[] {
  return Array.from(name.toLowerCase())
    .filter((char) => char !== "-" && char !== "'")
    .map(weight);
}

function weight(char: string): number {
  const at = PUNCTUATION.indexOf(char);
  return at >= 0 ? at : 100 + char.charCodeAt(0);
}

function compareWeights(left: readonly number[], right: readonly number[]): number {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

function compareHyphens(left: string, right: string): number {
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const here = left[index] === "-";
    const there = right[index] === "-";
    if (here !== there) return here ? 1 : -1;
  }
  return 0;
}
