/** What to say of features that are no one vector: maps or tokens, which are taken in a row. Undefined where they are one. */
export function flattenedNote(layer: string, shape: readonly number[]): string | undefined {
  const sizes = shape.filter((size) => size > 1);
  if (sizes.length < 2) return undefined;
  return `"${layer}" gives ${sizes.join('×')} numbers a picture, which are taken in a row: distances compare position with position. For one vector a picture name a pooled output with --layer, or pool in the export (of tokens the first, or their mean)`;
}
