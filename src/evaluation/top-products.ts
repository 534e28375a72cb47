import * as tf from '@tensorflow/tfjs';
import type { InferenceSession } from 'onnxruntime-node';
import { onnxModel } from './onnx-model.js';

/** Rows of float32, row-major. */
export interface Rows {
  readonly vectors: Float32Array;
  readonly dimension: number;
}

export interface TopProducts {
  /** [queries, k], best first; among equals the lower gallery row first. */
  readonly indices: Int32Array;
  /** [queries, k] of query · gallery row + bias. */
  readonly scores: Float32Array;
}

type Ranker = (queries: Rows, gallery: Rows, bias: Float32Array, k: number) => Promise<TopProducts>;

let threads = 0;
let ranker: Promise<Ranker> | undefined;

/** Threads of the neighbour search and of k-means; 0 (the default) takes every core. Before the first use. */
export function setEvaluationThreads(count: number): void {
  threads = count;
}

/**
 * The k largest query · gallery row + bias of each query: one matrix product and a top-k, on onnxruntime, or on
 * tfjs where that can't be loaded. The caller bounds queries × gallery.
 */
export async function topProducts(
  queries: Rows,
  gallery: Rows,
  bias: Float32Array,
  k: number,
): Promise<TopProducts> {
  ranker ??= startRanker();
  return (await ranker)(queries, gallery, bias, k);
}

async function startRanker(): Promise<Ranker> {
  try {
    return await onnxRanker();
  } catch {
    return tensorflowRanker;
  }
}

async function onnxRanker(): Promise<Ranker> {
  const onnx = await import('onnxruntime-node');
  const model = onnxModel(
    [
      {
        operator: 'Gemm',
        inputs: ['queries', 'gallery', 'bias'],
        outputs: ['products'],
        attributes: { transB: 1 },
      },
      { operator: 'TopK', inputs: ['products', 'k'], outputs: ['scores', 'indices'] },
    ],
    [
      { name: 'queries', type: 'float32', shape: ['q', 'd'] },
      { name: 'gallery', type: 'float32', shape: ['g', 'd'] },
      { name: 'bias', type: 'float32', shape: ['g'] },
      { name: 'k', type: 'int64', shape: [1] },
    ],
    [
      { name: 'scores', type: 'float32', shape: ['q', 'k'] },
      { name: 'indices', type: 'int64', shape: ['q', 'k'] },
    ],
  );
  const options: InferenceSession.SessionOptions = { intraOpNumThreads: threads, enableMemPattern: false };
  const session = await onnx.InferenceSession.create(model, options);
  const matrix = ({ vectors, dimension }: Rows) =>
    new onnx.Tensor('float32', vectors, [vectors.length / dimension, dimension]);
  return async (queries, gallery, bias, k) => {
    const result = await session.run({
      queries: matrix(queries),
      gallery: matrix(gallery),
      bias: new onnx.Tensor('float32', bias, [bias.length]),
      k: new onnx.Tensor('int64', BigInt64Array.of(BigInt(k)), [1]),
    });
    return {
      indices: Int32Array.from(result.indices.data as BigInt64Array, Number),
      scores: result.scores.data as Float32Array,
    };
  };
}

const tensorflowRanker: Ranker = async (queries, gallery, bias, k) => {
  const [values, indices] = tf.tidy(() => {
    const matrix = ({ vectors, dimension }: Rows) =>
      tf.tensor2d(vectors, [vectors.length / dimension, dimension]);
    const products = tf.matMul(matrix(queries), matrix(gallery), false, true).add(tf.tensor1d(bias));
    const top = tf.topk(products, k);
    return [top.values, top.indices];
  });
  const result = { indices: await indices.data<'int32'>(), scores: await values.data<'float32'>() };
  tf.dispose([values, indices]);
  return result;
};
