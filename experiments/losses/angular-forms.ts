import * as tf from '@tensorflow/tfjs';
import { angularHingeLoss } from 'angular-loss-kit';

interface Options {
  readonly alphaDegrees: number;
  /** One negative (the positive of the next class) or all other positives; hinge or log-sum-exp. */
  readonly form: 'hinge-one' | 'hinge-all' | 'smooth-one';
}

/** The forms between the hinge of one triplet and Eq. 8, on N-pair batches: rows 2i and 2i+1 are a pair of class i. */
export default ({ alphaDegrees, form }: Options) => {
  const hinge = angularHingeLoss({ alphaDegrees });
  return (embeddings: tf.Tensor2D): tf.Scalar =>
    tf.tidy(() => {
      const n = embeddings.shape[0] / 2;
      const rows = (indices: number[]) => tf.gather(embeddings, tf.tensor1d(indices, 'int32'));
      const pairs = Array.from({ length: n }, (_, i) =>
        Array.from({ length: n - 1 }, (_, k) => [i, (i + k + 1) % n]),
      );
      const chosen = (form === 'hinge-all' ? pairs : pairs.map((own) => own.slice(0, 1))).flat();
      if (form !== 'smooth-one') {
        return hinge(
          rows(chosen.map(([i]) => 2 * i)),
          rows(chosen.map(([i]) => 2 * i + 1)),
          rows(chosen.map(([, j]) => 2 * j + 1)),
        );
      }
      const t = Math.tan((alphaDegrees * Math.PI) / 180) ** 2;
      const [a, p, other] = [0, 1, 2].map((k) =>
        rows(chosen.map(([i, j]) => (k === 0 ? 2 * i : k === 1 ? 2 * i + 1 : 2 * j + 1))),
      );
      const f = a.add(p).mul(other).sum(1).mul(4 * t).sub(a.mul(p).sum(1).mul(2 * (1 + t)));
      return tf.softplus(f).mean<tf.Scalar>();
    });
};
