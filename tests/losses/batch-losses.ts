import * as kit from '../../src/index.js';

/** Each batch loss that needs nothing but a batch, in the forms that take ways of their own through it. */
export const batchLosses: Readonly<Record<string, kit.BatchLoss>> = {
  angular: kit.angularLoss(),
  'angular, other classes': kit.angularLoss({ negatives: 'other-classes', normalize: 'all' }),
  'n-pair': kit.nPairLoss(),
  'n-pair & angular': kit.nPairAngularLoss(),
  'triplet, semi-hard': kit.tripletLoss(),
  'triplet, all': kit.tripletLoss({ mining: 'all', distance: 'euclidean' }),
  'triplet, batch-hard': kit.tripletLoss({ mining: 'batch-hard' }),
  contrastive: kit.contrastiveLoss(),
  'lifted structure': kit.liftedStructureLoss(),
  margin: kit.marginLoss(),
  'multi-similarity': kit.multiSimilarityLoss(),
};
