/** Owns: the little XML that Blob storage speaks: escaping, and reading flat lists of elements. */

/** Escapes text for an element or attribute; characters that XML cannot carry become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replace(/[&<>"]/g, (char) => ENTITIES[char] ?? char)
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "\ufffd");
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
