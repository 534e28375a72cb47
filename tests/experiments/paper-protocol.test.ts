import { describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiments/experiment-file.js';

const FILES = [
  ['cub-200', [1, 2, 4, 8]],
  ['cars-196', [1, 2, 4, 8]],
  ['online-products', [1, 10, 100, 1000]],
] as const;
const PROFILES = { head: 64, 'small-gpu': 64, 'large-gpu': 120 };

describe.each(FILES)("the paper's protocol on %s", (name, ks) => {
  const read = (profile?: string) => readExperiment(`experiments/${name}.json`, { profile });

  it.each(Object.entries(PROFILES))(
    'in profile %s: six methods, three seeds, whole data',
    (profile, rows) => {
      const { specs } = read(profile);
      expect(specs).toHaveLength(6 * 3);
      for (const { dataset, split, evaluation, model, batch, augmentation, loss } of specs) {
        expect(dataset).toMatchObject({ name, allowPartial: false });
        expect('boundingBoxCrops' in dataset && dataset.boundingBoxCrops).toBe(false);
        expect(split.name).toBe('paper');
        expect(evaluation).toMatchObject({ ks, test: 'read-once' });
        expect(Object.values(augmentation).some(Boolean)).toBe(false);
        expect(model).toMatchObject({ view: 'centre' });
        if (loss === null) continue;
        const trains = profile === 'head' ? 'head' : 'all';
        expect(model).toMatchObject({ trains, randomViews: 0, embeddingDimension: 512 });
        expect(batch).toEqual({ name: 'n-pair', classes: rows / 2 });
      }
      const losses = specs.slice(0, 6).map(({ loss }) => loss?.name ?? null);
      expect(losses).toEqual([null, 'triplet', 'lifted-structure', 'n-pair', 'angular', 'n-pair-angular']);
    },
  );

  it("takes the field's settings on a large GPU, and says what is the paper's and what is not", () => {
    const { specs, notes } = read('large-gpu');
    for (const { optimizer, steps } of specs.filter(({ loss }) => loss !== null)) {
      expect(optimizer).toMatchObject({ learningRate: 1e-4, weightDecay: 2e-4 });
      expect(steps).toBe(20_000);
    }
    expect(notes.join('\n')).toMatch(/The paper's: .*The field's: .*Unknown in the paper: /s);
  });

  it('runs on a processor unless another profile is named', () => {
    expect(read().name).toBe(`${name}-head`);
    expect(read().profiles).toEqual(['head', 'small-gpu', 'large-gpu']);
    expect(() => read('quick')).toThrow(/no profile "quick"; it has head, small-gpu, large-gpu/);
  });
});
