/** Owns: the little XML that Blob storage speaks: escaping, and reading flat lists of elements. */

/** Characters that XML 1.0 cannot carry: controls without tab and line ends, U+FFFE and U+FFFF. */
const UNSPEAKABLE = /(?![\t\n\r])[\p{Cc}\ufffe\uffff]/gu;

/** Escapes text for an element or attribute; characters that XML cannot carry become U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char).replace(UNSPEAKABLE, "\ufffd");
}

/** Whether XML can carry this text as it is, escapes apart. */
export function isXmlText(text: string): boolean {
  return text.search(UNSPEAKABLE) < 0;
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

export function element(name: string, text: string | number): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`;
}

export interface FlatElement {
  readonly name: string;
  readonly text: string;
}

/**
 * The children of `root`, when each holds nothing but text. Undefined when the document has another shape; comments,
 * CDATA, processing instructions and DTDs have.
 */
export function parseFlatList(xml: string, root: string): readonly FlatElement[] | undefined {
  const body = xml
    .replace(/^\ufeff/, "")
    .replace(/^\s*<\?xml[^?]*\?>/, "")
    .trim();
  if (new RegExp(`^<${root}\\s*/>$`).test(body)) return [];
  const shell = new RegExp(`^<${root}\\s*>([\\s\\S]*)</${root}\\s*>$`).exec(body);
  if (shell === null) return undefined;
  const found: FlatElement[] = [];
  const rest = (shell[1] ?? "").replace(
    /<([A-Za-z]+)\s*>([^<]*)<\/\1\s*>\s*/g,
    (_, name: string, text: string) => {
      found.push({ name, text: unescapeXml(text.trim()) });
      return "";
    },
  );
  return rest.trim() === "" ? found : undefined;
}

function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => CHARACTERS[name] ?? "");
}

const CHARACTERS: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
