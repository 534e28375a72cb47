import * as tf from '@tensorflow/tfjs';

interface Options {
  readonly alphaDegrees: number;
  /** Of a triplet and the mean over all of them, or Eq. 8's sum over the negatives of a pair inside one logarithm. */
  readonly form: 'hinge' | 'softplus' | 'log-sum-exp';
  /** The squared lengths, which Eq. 8 drops: on a sphere of radius r the constant 2r²(1 − 3 tan²α). */
  readonly lengths: boolean;
}

/** The steps from the hinge of triplets to Eq. 8, each by itself, over all other positives of an N-pair batch. */
export default ({ alphaDegrees, form, lengths }: Options) => {
  const t = Math.tan((alphaDegrees * Math.PI) / 180) ** 2;
  return (embeddings: tf.Tensor2D): tf.Scalar =>
    tf.tidy(() => {
      const n = embeddings.shape[0] / 2;
      const [a, p] = [0, 1].map((k) =>
        tf.gather(embeddings, tf.tensor1d(Array.from({ length: n }, (_, i) => 2 * i + k), 'int32')),
      );
      const own = a.mul(p).sum(1, true).mul(2 * (1 + t));
      const f = tf.matMul(a.add(p), p, false, true).mul(4 * t).sub(own);
      const squares = (rows: tf.Tensor) => rows.square().sum(1, true);
      const dropped = squares(a).add(squares(p)).mul(1 - t).sub(squares(p).transpose().mul(4 * t));
      const violation = lengths ? f.add(dropped) : f;
      const others = tf.scalar(1).sub(tf.eye(n));
      if (form === 'log-sum-exp') {
        const terms = tf.concat([tf.zeros([n, 1]), violation.sub(tf.eye(n).mul(1e9))], 1);
        return terms.logSumExp(1).mean<tf.Scalar>();
      }
      const costs = form === 'hinge' ? violation.relu() : tf.softplus(violation);
      return costs.mul(others).sum().div<tf.Scalar>(n * (n - 1));
    });
};
