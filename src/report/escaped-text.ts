const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Text for HTML and SVG, also inside a quoted attribute. */
export function escapedText(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]);
}
