import { describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiments/experiment-file.js';
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

  it('names a picture size that its blocks can not halve', () => {
    const dataset = { name: 'image-folder', directory: 'pictures', size: 18 };
    expect(() => parseRunSpec(smallSpec('pictures', { dataset }), 'spec.json')).toThrow(
      /dataset\.size is 18; each of the 2 blocks .* multiple of 4/,
    );
  });

  it('does not take an augmentation that would reach no picture', () => {
    const model = { name: 'googlenet-features', view: 'whole' };
    expect(() => parseRunSpec(smallSpec('pictures', { model, loss: null, steps: 0 }), 'spec.json')).toThrow(
      /augmentation does not reach googlenet-features/,
    );
  });

  it('of the published split needs validation classes', () => {
    const split = { name: 'paper', validation: 0, seed: 0 };
    expect(() => parseRunSpec(smallSpec('pictures', { split }), 'spec.json')).toThrow(/split\.validation: /);
  });

  it('of a fold that is not there is refused', () => {
    const split = { name: 'folds', count: 4, fold: 4, validation: 0.25, seed: 0 };
    expect(() => parseRunSpec(smallSpec('pictures', { split }), 'spec.json')).toThrow(
      /split\.fold is 4; of 4 folds, counted from 0, the last is 3/,
    );
  });

  it('lists every fault at once', () => {
    const wrong = () => parseRunSpec(smallSpec('pictures', { steps: -1, seed: 'x' }), 'spec.json');
    expect(wrong).toThrow(/steps: /);
    expect(wrong).toThrow(/seed: /);
  });
});

describe('the methods of an experiment', () => {
  const methods = (...only: string[]) => {
    const { specs } = readExperiment('experiments/emoji.json', { profile: 'smoke', only });
    return specs.map(({ method }) => method);
  };

  it('are chosen by their whole name, or by a part of it where none has it whole', () => {
    expect(methods('angular')).toEqual(['Angular']);
    expect(methods('n-pair &', 'trip')).toEqual(['Triplet (semi-hard)', 'N-pair & angular']);
  });
});
