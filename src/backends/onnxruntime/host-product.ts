import './no-telemetry.js';
import type { Tensor } from 'onnxruntime-node';
import { onnxModel } from './onnx-model.js';

/** A matrix in host memory, row-major; as factor, its transpose where `transposed`. */
export interface HostMatrix {
  readonly values: Float32Array;
  readonly rows: number;
  readonly columns: number;
  readonly transposed?: boolean;
}

/** Writes the product of two matrices into `product`, at once. */
export type HostProduct = (left: HostMatrix, right: HostMatrix, product: Float32Array) => void;

/** The part of onnxruntime-node 1.30.0 below its promises: `run` there is an ordinary call. */
interface SynchronousBinding {
  readonly binding: { readonly InferenceSession: new () => SynchronousSession };
  initOrt(): void;
}

interface SynchronousSession {
  loadModel(buffer: ArrayBufferLike, offset: number, length: number, options: object): void;
  run(feeds: Record<string, Tensor>, into: Record<string, Tensor>, options: object): unknown;
}

/**
 * Matrix products by onnxruntime, which knows the processor's widest instructions. tfjs's kernels must answer at once,
 * so this goes past onnxruntime's promises to the call behind them.
 *
 * @param threads of one product
 * @returns reads from and writes to host memory, a WebAssembly heap without threads included
 * @throws whatever loading the native library throws
 */
export function startHostProduct(threads: number): HostProduct {
  const onnx = require('onnxruntime-node') as typeof import('onnxruntime-node');
  const { binding, initOrt } = require('onnxruntime-node/dist/binding.js') as SynchronousBinding;
  initOrt();
  const sessions = [false, true].map((transA) =>
    [false, true].map((transB) => {
      const model = onnxModel(
        [
          {
            operator: 'Gemm',
            inputs: ['left', 'right'],
            outputs: ['product'],
            attributes: { transA: Number(transA), transB: Number(transB) },
          },
        ],
        [
          { name: 'left', type: 'float32', shape: ['left rows', 'left columns'] },
          { name: 'right', type: 'float32', shape: ['right rows', 'right columns'] },
        ],
        [{ name: 'product', type: 'float32', shape: ['rows', 'columns'] }],
      );
      const session = new binding.InferenceSession();
      session.loadModel(model.buffer, model.byteOffset, model.byteLength, {
        intraOpNumThreads: threads,
        enableMemPattern: false,
        extra: { session: { intra_op: { allow_spinning: '0' } } },
      });
      return session;
    }),
  );
  const tensor = (values: Float32Array, rows: number, columns: number) =>
    new onnx.Tensor('float32', values, [rows, columns]);
  return (left, right, product) => {
    const rows = left.transposed ? left.columns : left.rows;
    const columns = right.transposed ? right.rows : right.columns;
    sessions[Number(left.transposed ?? false)][Number(right.transposed ?? false)].run(
      {
        left: tensor(left.values, left.rows, left.columns),
        right: tensor(right.values, right.rows, right.columns),
      },
      { product: tensor(product, rows, columns) },
      {},
    );
  };
}
