import type { ImageSet } from '../../src/index.js';
import type { PictureEmbeddings } from '../../src/report/picture-sheet.js';
import { SeededRandom } from '../../src/seeded-random.js';
import type { RunRecord } from '../../src/types/run-record.js';

interface MadeUpRun {
  readonly method: string;
  readonly seed: number;
  readonly recall: number;
  readonly trained?: boolean;
  readonly partial?: string;
  readonly tested?: boolean;
  /** Name of its loss. */
  readonly loss?: string;
}

/** A whole record around one Recall@1. */
export function madeUpRecord({
  method,
  seed,
  recall,
  trained = true,
  partial,
  tested = true,
  loss = 'triplet',
}: MadeUpRun): RunRecord {
  const step = (at: number, share: number) => ({
    step: at,
    loss: at === 0 ? null : 1,
    validationRecallAt1: share,
    trainingRecallAt1: share,
  });
  return {
    format: 1,
    id: Buffer.from(`${method}${seed}`).toString('hex').padEnd(16, '0').slice(-16),
    experiment: 'made-up',
    method,
    spec: { loss: trained ? { name: loss, margin: 0.2 } : null, seed },
    seed,
    environment: {
      commit: 'c0ffee0123456789',
      backend: 'wasm',
      threads: 1,
      versions: { node: '20.20.2' },
      platform: 'linux x64',
      cpu: 'a processor',
      cores: 2,
    },
    data: {
      name: 'squares',
      checksum: 'f00d'.repeat(16),
      partial: partial ?? null,
      train: { classes: 4, images: 24 },
      validation: { classes: 2, images: 12 },
      test: { classes: 4, images: 24 },
    },
    curve: trained ? [step(0, 0.3), step(100, recall), step(200, recall - 0.01)] : [step(0, recall)],
    chosenStep: trained ? 100 : 0,
    metrics: tested
      ? {
          recallAtK: { 1: recall, 2: recall + 0.1 },
          normalizedMutualInformation: 0.8,
          adjustedMutualInformation: 0.3,
          pairwiseF1: 0.1,
          meanAveragePrecisionAtR: 0.2,
          rPrecision: 0.25,
        }
      : null,
    times: { startedAt: '2026-01-01T00:00:00.000Z', trainingSeconds: 12.3, evaluationSeconds: 1 },
  };
}

export const madeUpRecords = [
  madeUpRecord({ method: 'Triplet', seed: 0, recall: 0.4 }),
  madeUpRecord({ method: 'Triplet', seed: 1, recall: 0.44 }),
  madeUpRecord({ method: 'Triplet', seed: 2, recall: 0.42 }),
  madeUpRecord({ method: 'Angular', seed: 0, recall: 0.5, loss: 'angular' }),
  madeUpRecord({ method: 'Raw pixels', seed: 0, recall: 0.28, trained: false }),
];

/** One-coloured squares, six of each of four classes; embeddings of a class lie about a corner of their own. */
export function madeUpPictures(): PictureEmbeddings {
  const random = new SeededRandom(1);
  const labels = Int32Array.from({ length: 24 }, (_, i) => i % 4);
  const colours = [
    [40, 90, 200],
    [200, 160, 40],
    [120, 40, 140],
    [90, 90, 90],
  ];
  const images: ImageSet = {
    name: 'squares',
    classNames: ['blue', 'yellow', 'purple', 'grey'],
    items: [...labels].map((label, i) => ({ path: `${i}.png`, label })),
    checksum: 'f00d',
    read: async (index) => ({
      width: 2,
      height: 2,
      data: Uint8Array.from({ length: 12 }, (_, i) => colours[labels[index]][i % 3]),
    }),
  };
  const dimension = 4;
  const vectors = new Float32Array(labels.length * dimension);
  for (const [i, label] of labels.entries()) {
    for (let j = 0; j < dimension; j++)
      vectors[i * dimension + j] = (j === label ? 1 : 0) + 0.5 * random.normal();
  }
  return {
    images,
    embeddings: { vectors, dimension, labels },
    itemIndices: Int32Array.from(labels.keys()),
  };
}
