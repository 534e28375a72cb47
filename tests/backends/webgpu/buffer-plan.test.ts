import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peakBytes, planBuffers } from '../../../src/backends/webgpu/buffer-plan.js';

describe('planning buffers', () => {
  it('gives a buffer on once its last reader is done, not to what that reader writes', () => {
    const lives = [
      { bytes: 100, first: 0, last: 1 },
      { bytes: 40, first: 1, last: 2 },
      { bytes: 90, first: 2, last: 3 },
    ];
    const { sizes, assigned } = planBuffers(lives);
    expect(sizes).toEqual([100, 40]);
    expect(assigned).toEqual([0, 1, 0]);
    expect(peakBytes(lives)).toBe(140);
  });

  it('never gives one buffer to two lives at once, nor one that is too small, nor more than one for each', () => {
    const life = fc.record({ bytes: fc.nat(1000), first: fc.nat(20), length: fc.nat(20) });
    fc.assert(
      fc.property(fc.array(life, { maxLength: 30 }), (drawn) => {
        const lives = drawn.map(({ bytes, first, length }) => ({ bytes, first, last: first + length }));
        const { sizes, assigned } = planBuffers(lives);
        for (const [i, a] of lives.entries()) {
          expect(sizes[assigned[i]]).toBeGreaterThanOrEqual(a.bytes);
          for (const [j, b] of lives.entries())
            if (i < j && assigned[i] === assigned[j]) expect(a.last < b.first || b.last < a.first).toBe(true);
        }
        const total = sizes.reduce((a, b) => a + b, 0);
        expect(total).toBeGreaterThanOrEqual(peakBytes(lives));
        expect(total).toBeLessThanOrEqual(lives.reduce((sum, { bytes }) => sum + bytes, 0));
      }),
    );
  });
});
