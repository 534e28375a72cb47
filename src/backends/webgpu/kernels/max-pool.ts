import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { eachThread, result, run, workgroupsFor } from './program.js';
import { windowIntegers, windowsOf } from './windows.js';

/**
 * Gradient of max pooling: each window's gradient goes to its first maximum, as in the other backends here; the shipped kernel
 * gives it to the last. Every value looks at the windows that hold it, so nothing is added in an order that varies.
 */
export function maxPoolGradKernel({
  inputs,
  backend,
  attrs,
}: {
  readonly inputs: Readonly<Record<'dy' | 'input' | 'output', tf.TensorInfo>>;
  readonly backend: WebGPUBackend;
  readonly attrs: Readonly<Record<string, unknown>>;
}): tf.TensorInfo {
  const { dy, input, output } = inputs;
  const w = windowsOf(
    tf.backend_util.computePool2DInfo(
      input.shape as [number, number, number, number],
      attrs.filterSize as [number, number],
      attrs.strides as [number, number],
      1,
      attrs.pad as 'same',
      attrs.dimRoundingMode as undefined,
    ) as tf.backend_util.Conv2DInfo,
  );
  const dx = result(backend, input.shape);
  const wide = w.channels % 4 === 0;
  const type = wide ? 'vec4<f32>' : 'f32';
  const channels = wide ? w.channels / 4 : w.channels;
  const threads = w.batch * w.imageHeight * w.imageWidth * channels;
  run(backend, {
    name: 'KitMaxPoolGrad',
    variant: type,
    writes: [{ name: 'dx', tensor: dx, type }],
    reads: [
      { name: 'x', tensor: input, type },
      { name: 'y', tensor: output, type },
      { name: 'dy', tensor: dy, type },
    ],
    integers: {
      threads,
      channels,
      height: w.height,
      ...windowIntegers(w),
    },
    workgroups: workgroupsFor(threads),
    code: () => codeOf(type, wide ? 'any(isMaximum)' : 'isMaximum'),
  });
  return dx;
}

const codeOf = (type: string, isAnyMaximum: string) =>
  eachThread(`
  let c = at % u.channels;
  let pixel = at / u.channels;
  let line = pixel / u.imageWidth;
  let column = pixel - line * u.imageWidth;
  let picture = line / u.imageHeight;
  let row = line - picture * u.imageHeight;
  let corner = picture * u.imageHeight * u.imageWidth;
  let value = x[at];
  var sum = ${type}(0.0);
  for (var down = max(0, (row + u.top - u.height + u.strideDown) / u.strideDown); down <= min(u.down - 1, (row + u.top) / u.strideDown); down++) {
    for (var across = max(0, (column + u.left - u.width + u.strideAcross) / u.strideAcross); across <= min(u.across - 1, (column + u.left) / u.strideAcross); across++) {
      let window = ((picture * u.down + down) * u.across + across) * u.channels + c;
      var isMaximum = value == y[window];
      if (${isAnyMaximum}) {
        let firstColumn = max(0, across * u.strideAcross - u.left);
        let endColumn = min(u.imageWidth, across * u.strideAcross - u.left + u.width);
        for (var above = max(0, down * u.strideDown - u.top); above <= row; above++) {
          for (var before = firstColumn; before < select(endColumn, column, above == row); before++) {
            isMaximum = isMaximum & (x[(corner + above * u.imageWidth + before) * u.channels + c] != value);
          }
        }
        sum += select(${type}(0.0), dy[window], isMaximum);
      }
    }
  }
  dx[at] = sum;`);
