import { KitError } from '../kit-error.js';
import type { RunRecord } from '../types/run-record.js';
import type { ExperimentData } from './experiment-data.js';
import type { RunSpec } from './run-spec.js';
import { samplerFromSpec } from './sampler-from-spec.js';

/**
 * Finds before anything trains what would stop a run in the middle or at its end.
 *
 * @throws KitError `invalid-argument` when the training classes don't fill a batch, or the test pictures are fewer than the
 *   neighbours that the evaluation asks for
 */
export function requireFit(spec: RunSpec, data: ExperimentData): void {
  const { loss, batch, evaluation, method } = spec;
  if (loss !== null) {
    const labels = Int32Array.from(data.train, (i) => data.labels[i]);
    samplerFromSpec(batch, labels, 1);
  }
  const most = data.test.length - 1;
  const largest = Math.max(...evaluation.ks);
  if (evaluation.test === 'none' || largest <= most) return;
  throw new KitError(
    'invalid-argument',
    `${method}: evaluation.ks asks for the ${largest} nearest pictures, but the test classes have ${data.test.length}, so ${most} others. Lower it.`,
  );
}

/**
 * Records of one experiment stand in one table, so all must come from the same pictures and weights.
 *
 * @throws KitError `invalid-dataset` naming the first record that does not
 */
export function requireSameData(
  records: readonly RunRecord[],
  data: Pick<RunRecord['data'], 'name' | 'checksum' | 'weights'>,
): void {
  const other = records.find(
    ({ data: { checksum, weights = data.weights } }) =>
      checksum !== data.checksum || weights !== (data.weights ?? weights),
  );
  if (other === undefined) return;
  throw new KitError(
    'invalid-dataset',
    `${data.name} or its weights changed since ${other.method}, seed ${other.seed} ran: data ${other.data.checksum.slice(0, 12)} then, ${data.checksum.slice(0, 12)} now. Give the experiment another name, or run all of it again with --force.`,
  );
}
