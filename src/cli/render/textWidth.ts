/** How wide a text stands on a terminal, and texts made to fit. Colour sequences have no width. */

const sequences = new RegExp(String.raw`\u001b\[[0-9;?]*[A-Za-z]`, "g");
const wide =
  /\p{Extended_Pictographic}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/u;
const withoutWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;

export function textWidth(text: string): number {
  let width = 0;
  for (const char of text.replace(sequences, "")) {
    if (!withoutWidth.test(char)) width += wide.test(char) ? 2 : 1;
  }
  return width;
}

export function padTo(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

export function padLeftTo(text: string, width: number): string {
  return " ".repeat(Math.max(0, width - textWidth(text))) + text;
}

/** At most `width` columns of an unpainted text; what was cut off shows as `…`. */
export function fitTo(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const char of text) {
    const next = used + textWidth(char);
    if (next > width - 1) break;
    kept += char;
    used = next;
  }
  return width < 1 ? "" : `${kept}…`;
}

/** One line that cannot move the cursor or forge colour: scripts write the lines that are shown. */
export function printable(text: string): string {
  return text
    .replace(sequences, "")
    .replace(/\p{Cc}+/gu, " ")
    .trim();
}
