import * as tf from '@tensorflow/tfjs';

const RELU_GRADIENT = 'ReluGrad';

/** The part of tfjs-node's backend that runs an operation of TensorFlow by name. */
interface NodeBackend {
  readonly binding: { readonly TF_ATTR_TYPE: number; readonly TF_FLOAT: number };
  executeSingleOutput(
    name: string,
    attributes: readonly object[],
    inputs: readonly tf.TensorInfo[],
  ): tf.TensorInfo;
}

/**
 * Gradients that make nothing on the host. For ReLU, `sum` and `mean`, tfjs fills arrays of ones as large as what comes in
 * and uploads them at every step. These give the same numbers by TensorFlow's own ReluGrad, and by ones made on the device.
 *
 * To be called once TensorFlow's backend is registered. A gradient of tfjs counts for every backend: these are right on all
 * of them.
 */
export function registerGradientsOnDevice(): void {
  tf.registerKernel({
    kernelName: RELU_GRADIENT,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, backend }) => {
      const node = backend as NodeBackend;
      const type = { name: 'T', type: node.binding.TF_ATTR_TYPE, value: node.binding.TF_FLOAT };
      const { dy, y } = inputs as { dy: tf.TensorInfo; y: tf.TensorInfo };
      return node.executeSingleOutput(RELU_GRADIENT, [type], [dy, y]);
    },
  });
  tf.registerGradient({
    kernelName: RELU_GRADIENT,
    inputsToSave: ['y'],
    gradFunc: (ddy, [y]) => ({ dy: () => reluGradient(ddy as tf.Tensor, y), y: () => tf.zerosLike(y) }),
  });
  // From the output, so that the input need not be kept until the gradient is due.
  tf.registerGradient({
    kernelName: tf.Relu,
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => reluGradient(dy as tf.Tensor, y) }),
  });
  tf.registerGradient({
    kernelName: tf.Sum,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { axis }) => ({ x: () => spread(dy as tf.Tensor, x, axis as number[]) }),
  });
  tf.registerGradient({
    kernelName: tf.Mean,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { axis }) => ({
      x: () => spread(dy as tf.Tensor, x, axis as number[]).div(x.size / (dy as tf.Tensor).size),
    }),
  });
  tf.unregisterKernel(tf.Step, 'tensorflow');
  tf.registerKernel({
    kernelName: tf.Step,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }) => {
      const { alpha } = attrs as { alpha: number };
      return tf.tidy(() => {
        const x = inputs.x as tf.Tensor;
        const steps = tf.where(x.greater(0), tf.onesLike(x), tf.fill(x.shape, alpha, x.dtype));
        return tf.where(tf.isNaN(x), x, steps);
      });
    },
  });
}

function reluGradient(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  if (tf.getBackend() !== 'tensorflow') return dy.mul(tf.step(y));
  return tf.engine().runKernel(RELU_GRADIENT, { dy, y }) as tf.Tensor;
}

/** Gives every entry of `x` the entry of `dy` that it was reduced to. */
function spread(dy: tf.Tensor, x: tf.Tensor, axis: number | number[]): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const kept = x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  return dy.reshape(kept).mul(tf.onesLike(x));
}
