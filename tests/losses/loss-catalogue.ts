import {
  angularLoss,
  type BatchLoss,
  contrastiveLoss,
  liftedStructureLoss,
  multiSimilarityLoss,
  nPairAngularLoss,
  nPairLoss,
  reference,
  tripletLoss,
} from '../../src/index.js';
import { type Batch, nPairBatch, unevenBatch } from './batches.js';

interface CataloguedLoss {
  readonly name: string;
  readonly tensor: BatchLoss;
  readonly plain: (points: number[][], labels: number[]) => { loss: number; gradient: number[][] };
  readonly batch: (size: number, d: number, seed: string, scale?: number) => Batch;
}

const angularOptions = [36, 42, 45, 48, 55].flatMap((alphaDegrees) =>
  (['none', 'all'] as const).flatMap((normalize) =>
    (['other-positives', 'other-classes'] as const).map((negatives) => ({
      alphaDegrees,
      normalize,
      negatives,
    })),
  ),
);

/** Every batch loss with its plain twin and a kind of batch that it takes. */
export const catalogue: CataloguedLoss[] = [
  ...(['all', 'semi-hard', 'batch-hard'] as const).map((mining) => ({
    name: `triplet (${mining})`,
    tensor: tripletLoss({ mining, margin: 0.3 }),
    plain: (points: number[][], labels: number[]) =>
      reference.triplet(points, labels, { mining, margin: 0.3 }),
    batch: unevenBatch,
  })),
  {
    name: 'triplet (soft margin)',
    tensor: tripletLoss({ mining: 'batch-hard', margin: 'soft' }),
    plain: (points, labels) => reference.triplet(points, labels, { mining: 'batch-hard', margin: 'soft' }),
    batch: unevenBatch,
  },
  {
    name: 'multi-similarity',
    tensor: multiSimilarityLoss(),
    plain: (points, labels) => reference.multiSimilarity(points, labels),
    batch: unevenBatch,
  },
  {
    name: 'contrastive',
    tensor: contrastiveLoss({ margin: 3 }),
    plain: (points, labels) => reference.contrastive(points, labels, { margin: 3 }),
    batch: unevenBatch,
  },
  {
    name: 'contrastive, negatives within the margin',
    tensor: contrastiveLoss({ margin: 3, negatives: 'within-margin' }),
    plain: (points, labels) =>
      reference.contrastive(points, labels, { margin: 3, negatives: 'within-margin' }),
    batch: unevenBatch,
  },
  {
    name: 'lifted structure',
    tensor: liftedStructureLoss({ margin: 1 }),
    plain: (points, labels) => reference.liftedStructure(points, labels, { margin: 1 }),
    batch: unevenBatch,
  },
  {
    name: 'N-pair',
    tensor: nPairLoss({ l2: 0.02 }),
    plain: (points, labels) => reference.nPair(points, labels, { l2: 0.02 }),
    batch: nPairBatch,
  },
  ...angularOptions.map((options) => ({
    name: `angular (${options.alphaDegrees}°, normalize ${options.normalize}, ${options.negatives})`,
    tensor: angularLoss(options),
    plain: (points: number[][], labels: number[]) => reference.angular(points, labels, options),
    batch: options.negatives === 'other-positives' ? nPairBatch : unevenBatch,
  })),
  ...(['none', 'all', 'angular'] as const).map((normalize) => ({
    name: `N-pair & angular (normalize ${normalize})`,
    tensor: nPairAngularLoss({ alphaDegrees: 42, lambda: 1.5, normalize, l2: 0.01 }),
    plain: (points: number[][], labels: number[]) =>
      reference.nPairAngular(points, labels, { alphaDegrees: 42, lambda: 1.5, normalize, l2: 0.01 }),
    batch: nPairBatch,
  })),
];
