import * as tf from '@tensorflow/tfjs';
import { type Gallery, type Rows, rowCount, type ScoreEngine } from './score-engine.js';

/** The stand-in where onnxruntime can't be loaded: the same scores on the backend that tfjs runs on. */
export async function tensorflowScoreEngine(): Promise<ScoreEngine> {
  await tf.ready();
  const matrix = (rows: Rows) => tf.tensor2d(rows.vectors, [rowCount(rows), rows.dimension]);
  const products = (queries: Rows, gallery: Gallery) =>
    tf.add(tf.matMul(matrix(queries), matrix(gallery), false, true), tf.tensor1d(gallery.bias));
  const read = async <T>(tensors: tf.Tensor[], take: (data: Float32Array[]) => T): Promise<T> => {
    const data = await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
    tf.dispose(tensors);
    return take(data);
  };
  return {
    name: `tfjs ${tf.version_core} (${tf.getBackend()})`,
    products: (queries, gallery) =>
      read([tf.tidy(() => tf.matMul(matrix(queries), matrix(gallery), false, true))], ([data]) => data),
    largest: (queries, gallery, k) =>
      read(
        tf.tidy(() => {
          const { values, indices } = tf.topk(products(queries, gallery), k);
          return [values, indices];
        }),
        ([scores, indices]) => ({ scores, indices: Int32Array.from(indices) }),
      ),
    excess: (queries, gallery, thresholds) =>
      read(
        tf.tidy(() => {
          const columns = tf.tensor2d(thresholds, [thresholds.length, 1]);
          return [tf.sum(tf.relu(tf.sub(products(queries, gallery), columns)), 0)];
        }),
        ([sums]) => sums,
      ),
  };
}
