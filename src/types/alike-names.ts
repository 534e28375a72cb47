/**
 * What to say of classes that a slip may have made two of: names that differ only in case, blanks, leading zeros or what is not seen, as `Cat`
 * and `cat`, or `1` and `01`. They stay different classes.
 *
 * @returns a sentence that names them, undefined where there are none
 */
export function alikeNamesNote(names: readonly string[]): string | undefined {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const key = name
      .normalize('NFKC')
      .toLowerCase()
      // Written, but not seen.
      .replace(/\p{Cf}/gu, '')
      .replace(/[\s_-]+/g, ' ')
      .trim()
      .replace(/(?<!\d)0+(?=\d)/g, '');
    groups.set(key, [...(groups.get(key) ?? []), name]);
  }
  const alike = [...groups.values()].filter(({ length }) => length > 1);
  if (alike.length === 0) return undefined;
  const shown = alike.slice(0, SHOWN).map((group) => group.map((name) => JSON.stringify(name)).join(' and '));
  const more = alike.length > SHOWN ? ` (and ${alike.length - SHOWN} more such groups)` : '';
  return `${shown.join(', ')}${more} count as different classes; where they are one, give them one name`;
}

const SHOWN = 5;
