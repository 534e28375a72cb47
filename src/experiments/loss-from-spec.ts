import { angularLoss } from '../losses/angular-loss.js';
import type { BatchLoss } from '../losses/batch-loss.js';
import { contrastiveLoss } from '../losses/contrastive-loss.js';
import { liftedStructureLoss } from '../losses/lifted-structure-loss.js';
import { nPairAngularLoss } from '../losses/n-pair-angular-loss.js';
import { nPairLoss } from '../losses/n-pair-loss.js';
import { tripletLoss } from '../losses/triplet-loss.js';
import type { RunSpec } from './run-spec.js';

/** The loss that a spec names, with its options. */
export function lossFromSpec(loss: NonNullable<RunSpec['loss']>): BatchLoss {
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
  }
}
