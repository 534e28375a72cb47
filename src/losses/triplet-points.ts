import type * as tf from '@tensorflow/tfjs';
import { KitError } from '../kit-error.js';

/** @throws KitError `invalid-argument` unless anchors, positives and negatives are tensors of one shape [n, d] */
export function requireTriplets(...points: readonly [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D]): void {
  const shapes = points.map((point) => (point as tf.Tensor2D | undefined)?.shape);
  const [first] = shapes;
  if (first?.length === 2 && shapes.every((shape) => shape?.join() === first.join())) return;
  const found = shapes.map((shape) => (shape === undefined ? 'no tensor' : `[${shape}]`)).join(', ');
  throw new KitError(
    'invalid-argument',
    `Anchors, positives and negatives are three tensors of one shape [n, d], a triplet a row; found ${found}.`,
  );
}
