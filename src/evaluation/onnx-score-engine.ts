import '../backends/onnxruntime/no-telemetry.js';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { type OnnxNode, type OnnxValue, onnxModel } from '../backends/onnxruntime/onnx-model.js';
import { evaluationThreads } from './evaluation-threads.js';
import { type Gallery, type Rows, rowCount, type ScoreEngine } from './score-engine.js';

const PRODUCTS: OnnxNode = {
  operator: 'Gemm',
  inputs: ['queries', 'gallery', 'bias'],
  outputs: ['scores'],
  attributes: { transB: 1 },
};
const TOP: OnnxNode = { operator: 'TopK', inputs: ['scores', 'k'], outputs: ['largest', 'wide'] };
const MATRICES: OnnxValue[] = [
  { name: 'queries', type: 'float32', shape: ['q', 'd'] },
  { name: 'gallery', type: 'float32', shape: ['g', 'd'] },
  { name: 'bias', type: 'float32', shape: ['g'] },
];
const K: OnnxValue = { name: 'k', type: 'int64', shape: [1] };
const THRESHOLDS: OnnxValue = { name: 'thresholds', type: 'float32', shape: ['q', 1] };
const LARGEST: OnnxValue = { name: 'largest', type: 'float32', shape: ['q', 'k'] };

const MODELS = {
  products: () =>
    onnxModel([{ ...PRODUCTS, inputs: ['queries', 'gallery'] }], MATRICES.slice(0, 2), [
      { name: 'scores', type: 'float32', shape: ['q', 'g'] },
    ]),
  largest: () =>
    onnxModel(
      [PRODUCTS, TOP, { operator: 'Cast', inputs: ['wide'], outputs: ['indices'], attributes: { to: 6 } }],
      [...MATRICES, K],
      [LARGEST, { name: 'indices', type: 'int32', shape: ['q', 'k'] }],
    ),
  excess: () =>
    onnxModel(
      [
        PRODUCTS,
        { operator: 'Sub', inputs: ['scores', 'thresholds'], outputs: ['differences'] },
        { operator: 'Relu', inputs: ['differences'], outputs: ['excesses'] },
        {
          operator: 'ReduceSum',
          inputs: ['excesses', 'rows'],
          outputs: ['sums'],
          attributes: { keepdims: 0 },
        },
      ],
      [...MATRICES, THRESHOLDS],
      [{ name: 'sums', type: 'float32', shape: ['g'] }],
      { rows: [0] },
    ),
};

/** @throws whatever loading the native library throws */
export async function onnxScoreEngine(): Promise<ScoreEngine> {
  const onnx = await import('onnxruntime-node');
  const sessions = new Map<string, Promise<InferenceSession>>();

  const session = (model: keyof typeof MODELS, threads: number) => {
    const key = `${model} ${threads}`;
    let started = sessions.get(key);
    if (started === undefined) {
      started = onnx.InferenceSession.create(MODELS[model](), {
        intraOpNumThreads: threads,
        enableMemPattern: false,
        // Waiting threads would otherwise burn the cores that others of this machine's runs work on.
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      sessions.set(key, started);
    }
    return started;
  };
  const matrix = (rows: Rows) => new onnx.Tensor('float32', rows.vectors, [rowCount(rows), rows.dimension]);

  async function run(
    model: keyof typeof MODELS,
    queries: Rows,
    gallery: Gallery,
    more: { k?: number; thresholds?: Float32Array } = {},
  ) {
    const feeds: Record<string, Tensor> = {
      queries: matrix(queries),
      gallery: matrix(gallery),
      bias: new onnx.Tensor('float32', gallery.bias, [gallery.bias.length]),
    };
    if (more.k !== undefined) feeds.k = new onnx.Tensor('int64', BigInt64Array.of(BigInt(more.k)), [1]);
    if (more.thresholds !== undefined) {
      feeds.thresholds = new onnx.Tensor('float32', more.thresholds, [more.thresholds.length, 1]);
    }
    return (await session(model, threadsFor(rowCount(queries), gallery.bias.length, gallery.dimension))).run(
      feeds,
    );
  }

  let products = new Float32Array(0);
  await session('largest', 1);
  return {
    name: `onnxruntime ${onnx.env.versions.node}`,
    async products(queries, gallery) {
      const [rows, columns] = [rowCount(queries), rowCount(gallery)];
      if (products.length < rows * columns) products = new Float32Array(rows * columns);
      const into = products.subarray(0, rows * columns);
      await (await session('products', threadsFor(rows, columns, gallery.dimension))).run(
        { queries: matrix(queries), gallery: matrix(gallery) },
        { scores: new onnx.Tensor('float32', into, [rows, columns]) },
      );
      return into;
    },
    async largest(queries, gallery, k) {
      const { indices, largest } = await run('largest', queries, gallery, { k });
      return { indices: indices.data as Int32Array, scores: largest.data as Float32Array };
    },
    async excess(queries, gallery, thresholds) {
      return (await run('excess', queries, gallery, { thresholds })).sums.data as Float32Array;
    },
  };
}

/** Multiplications below which waking another thread costs more than it saves. */
const WORTH_A_THREAD = 2 ** 22;

/**
 * onnxruntime splits a product between its threads along the longer side, and sums a dot product in another
 * order when a slice has 64 columns or fewer (or one row). One thread there, and the last bit of a score
 * depends on the machine's cores no more.
 */
function threadsFor(rows: number, columns: number, dimension: number): number {
  if (rows * columns * dimension < WORTH_A_THREAD) return 1;
  const threads = evaluationThreads();
  const shared = rows >= columns ? rows >= 4 * threads : columns >= 128 * threads;
  return shared ? threads : 1;
}
