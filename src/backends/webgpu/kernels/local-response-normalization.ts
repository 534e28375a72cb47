import type * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { eachThread, result, run, workgroupsFor } from './program.js';

interface Attributes {
  readonly depthRadius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

/**
 * Gradient of local response normalisation y = x / norm^β, norm = bias + α Σ x² over the neighbouring channels:
 * dx = dy / norm^β − 2 α β x Σ dy y / norm. A window's norm is added up anew for each value of it: few channels, all near.
 */
export function localResponseNormalizationGradientKernel({
  inputs,
  backend,
  attrs,
}: {
  readonly inputs: { readonly x: tf.TensorInfo; readonly y: tf.TensorInfo; readonly dy: tf.TensorInfo };
  readonly backend: WebGPUBackend;
  readonly attrs: Attributes;
}): tf.TensorInfo {
  const { x, y, dy } = inputs;
  const dx = result(backend, x.shape);
  const channels = x.shape.at(-1) as number;
  const threads = x.shape.reduce((product, size) => product * size, 1);
  run(backend, {
    name: 'KitLRNGrad',
    variant: '',
    writes: [{ name: 'dx', tensor: dx, type: 'f32' }],
    reads: [
      { name: 'x', tensor: x, type: 'f32' },
      { name: 'y', tensor: y, type: 'f32' },
      { name: 'dy', tensor: dy, type: 'f32' },
    ],
    integers: { threads, channels, radius: attrs.depthRadius },
    floats: { bias: attrs.bias, alpha: attrs.alpha, beta: attrs.beta },
    workgroups: workgroupsFor(threads),
    code: () =>
      eachThread(`
  let c = at % u.channels;
  let base = at - c;
  var sum = 0.0;
  var own = 0.0;
  for (var d = max(0, c - u.radius); d <= min(u.channels - 1, c + u.radius); d++) {
    var squares = 0.0;
    for (var k = max(0, d - u.radius); k <= min(u.channels - 1, d + u.radius); k++) {
      squares = fma(x[base + k], x[base + k], squares);
    }
    let norm = fma(u.alpha, squares, u.bias);
    sum += dy[base + d] * y[base + d] / norm;
    if (d == c) { own = pow(norm, -u.beta); }
  }
  dx[at] = dy[at] * own - 2.0 * u.alpha * u.beta * x[at] * sum;`),
  });
  return dx;
}
