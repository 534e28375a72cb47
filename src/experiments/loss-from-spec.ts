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
import type { SeededRandom } from '../seeded-random.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import type { RunSpec } from './run-spec.js';

/**
 * The loss that a spec names, with its options.
 *
 * @param proxies what a loss with proxies, or with draws of its own, needs beside them
 */
export function lossFromSpec(loss: NonNullable<RunSpec['loss']>, proxies: ProxyOptions): BatchLoss {
  switch (loss.name) {
    case 'triplet':
      return tripletLoss(loss);
    case 'contrastive':
      return contrastiveLoss(loss);
    case 'lifted-structure':
      return liftedStructureLoss(loss);
    case 'n-pair':
      return nPairLoss(loss);
    case 'angular':
      return angularLoss(loss);
    case 'n-pair-angular':
      return nPairAngularLoss(loss);
    case 'multi-similarity':
      return multiSimilarityLoss(loss);
    case 'margin':
      return marginLoss({ ...loss, triplets: loss.pairs === 'all' ? undefined : drawn(proxies.random) });
    case 'proxy-nca':
      return proxyNcaLoss(proxies);
    case 'proxy-anchor':
      return proxyAnchorLoss({ ...proxies, ...loss });
  }
}

/** Distance-weighted triplets, the draw named by the batch itself: a run that goes on after a break draws the same. */
function drawn(random: SeededRandom) {
  return (table: EmbeddingTable) =>
    distanceWeightedTriplets(table, {
      random: random.fork(table.vectors.subarray(0, table.dimension).join()),
    });
}
