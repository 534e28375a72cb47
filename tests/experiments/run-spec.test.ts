import { describe, expect, it } from 'vitest';
import { parseRunSpec, runId } from '../../src/index.js';
import { smallSpec } from '../picture-folder.js';

describe('the id of a run', () => {
  it('does not feel the order of keys, and changes with every setting and with the seed', () => {
    const spec = parseRunSpec(smallSpec('pictures'), 'test');
    const reversed = parseRunSpec(
      Object.fromEntries(Object.entries(smallSpec('pictures')).reverse()),
      'test',
    );
    expect(runId(reversed)).toBe(runId(spec));
    expect(runId({ ...spec, seed: 1 })).not.toBe(runId(spec));
    expect(runId({ ...spec, steps: 11 })).not.toBe(runId(spec));
    expect(runId(spec)).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('a spec', () => {
  it('without a loss may not train', () => {
    expect(() => parseRunSpec(smallSpec('pictures', { loss: null }), 'spec.json')).toThrow(
      /loss is null but steps is 10/,
    );
  });

  it('lists every fault at once', () => {
    const wrong = () => parseRunSpec(smallSpec('pictures', { steps: -1, seed: 'x' }), 'spec.json');
    expect(wrong).toThrow(/steps: /);
    expect(wrong).toThrow(/seed: /);
  });
});
