import { z } from 'zod';
import { angularLoss } from '../losses/angular-loss.js';
import type { BatchLoss } from '../losses/batch-loss.js';
import { contrastiveLoss } from '../losses/contrastive-loss.js';
import { liftedStructureLoss } from '../losses/lifted-structure-loss.js';
import { marginLoss } from '../losses/margin-loss.js';
import { multiSimilarityLoss } from '../losses/multi-similarity-loss.js';
import { nPairAngularLoss } from '../losses/n-pair-angular-loss.js';
import { nPairLoss } from '../losses/n-pair-loss.js';
import type { ProxyOptions } from '../losses/proxies.js';
import { proxyAnchorLoss } from '../losses/proxy-anchor-loss.js';
import { proxyNcaLoss } from '../losses/proxy-nca-loss.js';
import { tripletLoss } from '../losses/triplet-loss.js';
import { distanceWeightedTriplets } from '../mining/distance-weighted-triplets.js';
import { loadLossModule, lossModule } from './loss-module.js';

const positive = z.number().positive();
const nonNegative = z.number().nonnegative();
const alphaDegrees = z
  .number()
  .gt(0, 'α is an angle in degrees and must be larger than 0')
  .lt(90, 'α is an angle in degrees and must be smaller than 90 (the paper uses 36 to 55)');
const negatives = z.enum(['other-positives', 'other-classes']);
const normalize = z.enum(['none', 'all']);

/**
 * A loss of a spec: its name, its options, and how it is made of them.
 *
 * @param make the second argument is what a run knows: training classes, dimension of the embedding, randomness of its own
 */
function declare<N extends string, O extends z.ZodRawShape>(
  name: N,
  options: O,
  make: (options: z.infer<z.ZodObject<O>>, run: ProxyOptions) => BatchLoss,
) {
  return { schema: z.strictObject({ name: z.literal(name), ...options }), make };
}

/** Every loss that a spec can name. A new one is one entry here. Variables of a loss learn at the optimizer's rate times `proxyLearningRateFactor`. */
const declarations = [
  declare(
    'triplet',
    {
      margin: nonNegative,
      mining: z.enum(['semi-hard', 'all', 'batch-hard']),
      distance: z.enum(['squared', 'euclidean']),
    },
    (options) => tripletLoss(options),
  ),
  declare('contrastive', { margin: positive, mean: z.enum(['pairs', 'kinds']) }, (options) =>
    contrastiveLoss(options),
  ),
  declare('lifted-structure', { margin: positive }, (options) => liftedStructureLoss(options)),
  declare('n-pair', { l2: nonNegative }, (options) => nPairLoss(options)),
  declare('angular', { alphaDegrees, negatives, normalize }, (options) => angularLoss(options)),
  declare(
    'n-pair-angular',
    {
      alphaDegrees,
      lambda: nonNegative,
      negatives,
      normalize: z.enum(['none', 'all', 'angular']),
      l2: nonNegative,
    },
    (options) => nPairAngularLoss(options),
  ),
  declare('multi-similarity', { alpha: positive, beta: positive, base: z.number() }, (options) =>
    multiSimilarityLoss(options),
  ),
  declare(
    'margin',
    { margin: nonNegative, beta: positive, normalize, pairs: z.enum(['all', 'distance-weighted']) },
    ({ pairs, ...options }, { random }) =>
      marginLoss({
        ...options,
        // The draw is named by the batch itself: a run that goes on after a break draws the same.
        triplets:
          pairs === 'all'
            ? undefined
            : (table) =>
                distanceWeightedTriplets(table, {
                  random: random.fork(table.vectors.subarray(0, table.dimension).join()),
                }),
      }),
  ),
  declare('proxy-nca', { proxyLearningRateFactor: positive }, (_, run) => proxyNcaLoss(run)),
  declare(
    'proxy-anchor',
    { scale: positive, margin: nonNegative, proxyLearningRateFactor: positive },
    ({ scale, margin }, run) => proxyAnchorLoss({ ...run, scale, margin }),
  ),
  declare('module', lossModule, (options, run) => loadLossModule(options)(options.options ?? {}, run)),
] as const;

type Schemas<D> = { -readonly [K in keyof D]: D[K] extends { schema: infer S } ? S : never };

/** A spec's `loss`. */
export const lossSchema = z.discriminatedUnion(
  'name',
  declarations.map(({ schema }) => schema) as unknown as Schemas<typeof declarations>,
);

export type LossSpec = z.infer<typeof lossSchema>;

/** Whether it reads the embeddings back in the middle of a step, as mining on the host does: not every backend can. */
export function readsEmbeddingsBack(spec: LossSpec): boolean {
  return spec.name === 'margin' && spec.pairs === 'distance-weighted';
}

/** The loss that a spec names. @throws KitError `invalid-spec` where a loss of a file can't be loaded */
export function makeLoss(spec: LossSpec, run: ProxyOptions): BatchLoss {
  const { make } = declarations.find(
    ({ schema }) => schema.shape.name.value === spec.name,
  ) as (typeof declarations)[number];
  const { name: _, ...options } = spec;
  return (make as (options: object, run: ProxyOptions) => BatchLoss)(options, run);
}
