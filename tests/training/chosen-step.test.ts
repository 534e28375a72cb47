import { beforeAll, describe, expect, it } from 'vitest';
import { type BackendDescription, parseRunSpec, runExperiment, startBackend } from '../../src/index.js';
import { chosenPoint } from '../../src/training/chosen-step.js';
import { makePictureFolder, smallSpec } from '../picture-folder.js';

const curve = (...scores: [recall: number, precision?: number][]) =>
  scores.map(([recall, precision], i) => ({
    step: 10 * i,
    loss: i === 0 ? null : 1,
    validationRecallAt1: recall,
    trainingRecallAt1: recall,
    validationMeanAveragePrecisionAtR: precision,
  }));
const chosen = (...scores: [recall: number, precision?: number][]) => {
  const { point, chosenBy } = chosenPoint(curve(...scores));
  return [point.step, chosenBy];
};

describe('the step that validation chooses', () => {
  it('is that of the best Recall@1, whatever MAP@R says', () => {
    expect(chosen([0.5, 0.9], [0.7, 0.2], [0.6, 0.8])).toEqual([10, 'validationRecallAt1']);
  });

  it('is told by MAP@R where Recall@1 is 1 or ties, and is then the earliest', () => {
    expect(chosen([1, 0.4], [1, 0.8], [1, 0.9], [1, 0.9])).toEqual([20, 'validationMeanAveragePrecisionAtR']);
    expect(chosen([0.5, 0.1], [0.7, 0.2], [0.7, 0.3], [0.6, 1])).toEqual([
      20,
      'validationMeanAveragePrecisionAtR',
    ]);
  });

  it('of records without MAP@R is the earliest of the best Recall@1', () => {
    expect(chosen([0.5], [0.7], [0.7])[0]).toBe(10);
  });

  describe('of a run on pictures that colour tells apart', () => {
    let backend: BackendDescription;
    beforeAll(async () => {
      backend = await startBackend({ threads: 1 });
    });

    it('is not 0 because Recall@1 is 1 before training, and the record says what decided', async () => {
      const folder = await makePictureFolder();
      const record = await runExperiment(
        parseRunSpec(smallSpec(folder, { steps: 60, validateEvery: 20 }), 'test'),
        { backend },
      );
      expect(record.curve.filter((point) => point.validationRecallAt1 === 1).length).toBeGreaterThan(1);
      const best = Math.max(
        ...record.curve.map((point) => point.validationMeanAveragePrecisionAtR as number),
      );
      const point = record.curve.find(({ step }) => step === record.chosenStep);
      expect(point?.validationMeanAveragePrecisionAtR).toBe(best);
      expect(record.chosenBy).toBe('validationMeanAveragePrecisionAtR');
    });
  });
});
