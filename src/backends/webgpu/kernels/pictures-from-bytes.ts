import type * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { eachThread, result, run, workgroupsFor } from './program.js';

export const PICTURES_FROM_BYTES = 'KitPicturesFromBytes';

/** {packed: int32, 4 bytes each} → [batch, height, width, 3] in reversed order of channels, minus `means` (in that order). */
export function picturesFromBytesKernel({
  inputs,
  backend,
  attrs,
}: {
  readonly inputs: { readonly packed: tf.TensorInfo };
  readonly backend: WebGPUBackend;
  readonly attrs: { readonly shape: number[]; readonly means: readonly number[] };
}): tf.TensorInfo {
  const pictures = result(backend, attrs.shape);
  const threads = attrs.shape.reduce((product, size) => product * size, 1);
  const [mean0, mean1, mean2] = attrs.means;
  run(backend, {
    name: PICTURES_FROM_BYTES,
    variant: '',
    writes: [{ name: 'pictures', tensor: pictures, type: 'f32' }],
    reads: [{ name: 'packed', tensor: inputs.packed, type: 'i32' }],
    integers: { threads },
    floats: { mean0, mean1, mean2 },
    workgroups: workgroupsFor(threads),
    code: () =>
      eachThread(`
  let channel = at % 3;
  let start = at + 2 - 2 * channel;
  let value = (packed[start / 4] >> u32(8 * (start % 4))) & 255;
  pictures[at] = f32(value) - select(select(u.mean2, u.mean1, channel == 1), u.mean0, channel == 0);`),
  });
  return pictures;
}
