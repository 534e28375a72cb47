import { describe, expect, it } from 'vitest';
import { wrappedSubtitle } from '../../src/report/wrapped-subtitle.js';

describe('a subtitle of a chart', () => {
  it('breaks at its middle dots first', () => {
    const parts = ['cars196: 98 unseen classes', 'head, 500 steps', `partial: ${'x'.repeat(60)}`];
    expect(wrappedSubtitle(parts.join(' · '))).toEqual([`${parts[0]} · ${parts[1]}`, parts[2]]);
  });

  it('breaks what is longer than a line between words', () => {
    const long = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ');
    const lines = wrappedSubtitle(`short · ${long}`);
    expect(lines.length).toBeGreaterThan(2);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(76);
    expect(lines.join(' ')).toBe(`short ${long}`);
  });
});
