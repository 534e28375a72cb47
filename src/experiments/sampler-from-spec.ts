import { HardClassNPairSampler } from '../mining/hard-class-n-pair-sampler.js';
import { MPerClassSampler } from '../mining/m-per-class-sampler.js';
import { NPairSampler } from '../mining/n-pair-sampler.js';
import type { RunSpec } from './run-spec.js';

/**
 * @param labels of the training items
 * @param dimension of the embedding
 * @throws KitError `invalid-argument` when there are too few classes for a batch
 */
export function samplerFromSpec(batch: RunSpec['batch'], labels: Int32Array, dimension: number) {
  switch (batch.name) {
    case 'n-pair':
      return new NPairSampler({ ...batch, labels });
    case 'n-pair-hard-classes':
      return new HardClassNPairSampler({ ...batch, labels, dimension });
    case 'm-per-class':
      return new MPerClassSampler({ ...batch, labels });
  }
}
