import {
  angularLoss,
  type BatchLoss,
  contrastiveLoss,
  distanceWeightedTriplets,
  type EmbeddingTable,
  liftedStructureLoss,
  marginLoss,
  multiSimilarityLoss,
  nPairAngularLoss,
  nPairLoss,
  proxyAnchorLoss,
  proxyNcaLoss,
  reference,
  SeededRandom,
  tripletLoss,
} from '../../src/index.js';
import { type Batch, nPairBatch, unevenBatch } from './batches.js';

interface CataloguedLoss {
  readonly name: string;
  readonly tensor: BatchLoss;
  readonly plain: (points: number[][], labels: number[]) => { loss: number; gradient: number[][] };
  /** The loss knows points beside the batch, which do not turn with it. */
  readonly fixedPoints?: true;
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

const distanceWeighted = (table: EmbeddingTable) =>
  distanceWeightedTriplets(table, { random: new SeededRandom('margin'), farthest: 2 });

/** Labels of both kinds of batch; 7 is that of the batch of one class. */
const classes = [...Array.from({ length: 6 }, (_, i) => 10 * i + 3), 0, -1, -2, -3, -4, -5, 7];

/** One loss for each dimension that a test asks for, its proxies drawn anew. */
function withProxies(make: typeof proxyAnchorLoss | typeof proxyNcaLoss, plain: typeof reference.proxyNca) {
  const made = new Map<number, BatchLoss>();
  const ofDimension = (dimension: number) => {
    const loss = made.get(dimension) ?? make({ classes, dimension, random: new SeededRandom('proxies') });
    made.set(dimension, loss);
    return loss;
  };
  return {
    fixedPoints: true as const,
    tensor: ((embeddings, labels) => ofDimension(embeddings.shape[1])(embeddings, labels)) as BatchLoss,
    plain: (points: number[][], labels: number[]) => {
      const [variable] = ofDimension(points[0].length).variables ?? [];
      return plain(points, labels, { classes, proxies: variable.arraySync() as number[][] });
    },
    batch: unevenBatch,
  };
}

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
    name: 'contrastive, kinds of pairs apart',
    tensor: contrastiveLoss({ margin: 3, mean: 'kinds' }),
    plain: (points, labels) => reference.contrastive(points, labels, { margin: 3, mean: 'kinds' }),
    batch: unevenBatch,
  },
  ...(['none', 'all'] as const).flatMap((normalize) =>
    [undefined, distanceWeighted].map((triplets) => ({
      name: `margin (normalize ${normalize}, ${triplets === undefined ? 'all pairs' : 'distance-weighted triplets'})`,
      tensor: marginLoss({ margin: 0.3, normalize, triplets }),
      plain: (points: number[][], labels: number[]) =>
        reference.margin(points, labels, { margin: 0.3, normalize, triplets }),
      batch: unevenBatch,
    })),
  ),
  { name: 'proxy-anchor', ...withProxies(proxyAnchorLoss, reference.proxyAnchor) },
  { name: 'proxy-NCA', ...withProxies(proxyNcaLoss, reference.proxyNca) },
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
