import { describe, expect, it } from 'vitest';
import { alikeNamesNote } from '../../src/types/alike-names.js';

describe('names of classes that a slip may have made two of', () => {
  it('are named: those that differ in case, blanks or leading zeros', () => {
    expect(alikeNamesNote(['Cat', 'dog', 'cat', '1', '01', '001', 'red fox', 'red_fox', 'owl', 'owl '])).toBe(
      '"Cat" and "cat", "1" and "01" and "001", "red fox" and "red_fox", "owl" and "owl " count as different classes; where they are one, give them one name',
    );
  });

  it('are those that look the same', () => {
    expect(alikeNamesNote(['ca\u200bt', 'cat', 'red\u00a0fox', 'red fox'])).toMatch(
      /^"ca.t" and "cat", "red.fox" and "red fox" count/,
    );
  });

  it('are not those that differ in more', () => {
    expect(
      alikeNamesNote(['1', '10', '100', '0', '1 1', '11', 'a', 'aa', '001.A', '002.A', '1.0', '1.00.1']),
    ).toBe(undefined);
  });

  it('are counted where there are many', () => {
    const names = Array.from({ length: 7 }, (_, i) => [`a${i + 1}`, `A${i + 1}`]).flat();
    expect(alikeNamesNote(names)).toMatch(/"a5" and "A5" \(and 2 more such groups\) count/);
  });
});
