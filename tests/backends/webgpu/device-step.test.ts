import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type DeviceStep, deviceStep } from '../../../src/backends/device-step.js';
import { overwrite } from '../../../src/backends/overwrite.js';
import { parameterUpdate } from '../../../src/backends/parameter-update.js';
import { startBackend } from '../../../src/backends/start-backend.js';
import { SeededRandom } from '../../../src/seeded-random.js';

const isAsked = process.env.KIT_TEST_WEBGPU === '1';

describe.skipIf(!isAsked)('a device step on webgpu (only with KIT_TEST_WEBGPU=1)', () => {
  beforeAll(async () => {
    process.env.KIT_BACKEND = 'webgpu';
    process.env.KIT_WEBGPU_SOFTWARE = '1';
    await startBackend();
  });

  it('replayed twenty times, gives the bits of eager training steps', async () => {
    const eager = convnet(6);
    const expected: Float32Array[] = [];
    for (let step = 0; step < 20; step++) {
      const tensors = arrays(6, step).map((values, i) => tf.tensor(values, [...eager.inputs[i].shape]));
      const outputs = tf.tidy(() => [...eager.body(tensors)]);
      for (const output of outputs) expected.push((await output.data()) as Float32Array);
      tf.dispose([...tensors, ...outputs]);
    }
    const replayed = convnet(6);
    const step = deviceStep(replayed);
    const actual: Float32Array[] = [];
    for (let i = 0; i < 20; i++)
      for (const output of await step.run(arrays(6, i))) actual.push((await output.data()) as Float32Array);
    expect(actual).toEqual(expected);
    expect(new Set(expected.map((values) => values[0])).size).toBe(40);
    for (const [i, variable] of replayed.variables.entries())
      expect(await variable.data()).toEqual(await eager.variables[i].data());
    step.dispose();
    eager.dispose();
    replayed.dispose();
  });

  it('lives beside one of other shapes on the same parameters', async () => {
    const first = await trainAlternately((net, size) => {
      const step = deviceStep(net(size));
      return { run: (inputs) => step.run(inputs), dispose: () => step.dispose() };
    });
    const second = await trainAlternately((net, size) => {
      const { inputs, body } = net(size);
      let outputs: tf.Tensor[] = [];
      return {
        run: async (values) => {
          tf.dispose(outputs);
          outputs = tf.tidy(() => [
            ...body(values.map((v, i) => tf.tensor(v, [...inputs[i].shape], inputs[i].dtype))),
          ]);
          return outputs;
        },
        dispose: () => tf.dispose(outputs),
      };
    });
    expect(first).toEqual(second);
  });

  it('takes no more memory over 500 runs, and gives all of it back', async () => {
    const net = convnet(4);
    // Has parameters and moments on the device.
    const once = deviceStep(net);
    await once.run(arrays(4, 0));
    once.dispose();
    const before = tf.memory() as GpuMemory;
    const step = deviceStep(net);
    const planned = step.plannedBytes();
    expect((tf.memory() as GpuMemory).numBytesAllocatedInGPU).toBe(before.numBytesAllocatedInGPU);
    await step.run(arrays(4, 0));
    const after = tf.memory() as GpuMemory;
    expect(after.numBytesInGPU - before.numBytesInGPU).toBe(planned);
    for (let i = 0; i < 500; i++) {
      const [loss] = await step.run(arrays(4, i % 3));
      if (i % 50 === 0) await loss.data();
    }
    expect((tf.memory() as GpuMemory).numBytesInGPU).toBe(after.numBytesInGPU);
    expect(tf.memory().numTensors).toBe(after.numTensors);
    step.dispose();
    expect((tf.memory() as GpuMemory).numBytesInGPU).toBe(before.numBytesInGPU);
    expect(tf.memory().numTensors).toBe(before.numTensors);
    net.dispose();
  });

  it('says how many rows fit where one tensor is more than the driver takes', async () => {
    const { maxStorageBufferBindingSize } = (tf.backend() as unknown as { device: GPUDevice }).device.limits;
    const columns = 2 ** 20;
    const most = Math.floor(maxStorageBufferBindingSize / 4 / columns);
    const step = deviceStep({
      rows: 2 * most,
      inputs: [{ shape: [2 * most], dtype: 'float32' }],
      body: ([x]) => [
        x
          .reshape([-1, 1])
          .mul(tf.ones([1, columns]))
          .square()
          .sum(),
      ],
    });
    const before = tf.memory();
    await expect(step.run([new Float32Array(2 * most)])).rejects.toMatchObject({
      code: 'out-of-memory',
      message: expect.stringContaining(`Take batches of at most ${most} instead of ${2 * most}`),
    });
    expect(tf.memory().numTensors).toBe(before.numTensors);
    step.dispose();
  });

  it('goes on with a variable that was assigned in between', async () => {
    const scale = tf.tidy(() => tf.variable(tf.tensor1d([2])));
    const step = deviceStep({
      rows: 1,
      inputs: [{ shape: [2], dtype: 'float32' }],
      body: ([x]) => [x.mul(scale)],
    });
    const run = async () => [...(await (await step.run([new Float32Array([1, 3])]))[0].data())];
    expect(await run()).toEqual([2, 6]);
    tf.tidy(() => scale.assign(tf.tensor1d([10])));
    expect(await run()).toEqual([10, 30]);
    expect(await run()).toEqual([10, 30]);
    step.dispose();
    scale.dispose();
  });

  it('takes a small variable for no constant, though its first value is still on the host', async () => {
    const scale = tf.tidy(() => tf.variable(tf.tensor1d([2])));
    const step = deviceStep({
      rows: 1,
      inputs: [{ shape: [1], dtype: 'float32' }],
      body: ([x]) => [x.mul(scale.mul(tf.scalar(3)))],
    });
    const run = async () => (await (await step.run([new Float32Array([1])]))[0].data())[0];
    expect(await run()).toBe(6);
    tf.tidy(() => overwrite(scale, tf.tensor1d([10])));
    expect(await run()).toBe(30);
    step.dispose();
    scale.dispose();
  });

  it('takes packed bytes, and constants of the body', async () => {
    const step = deviceStep({
      rows: 1,
      inputs: [{ shape: [3], dtype: 'int32' }],
      body: ([x]) => [
        x
          .toFloat()
          .mul(tf.scalar(0.5))
          .add(tf.tensor1d([1, 2, 3])),
        tf.ones([2]),
      ],
    });
    for (const values of [
      [2, 4, 6],
      [-2, 0, 10],
    ]) {
      const [half, ones] = await step.run([new Int32Array(values)]);
      expect([...(await half.data())]).toEqual(values.map((value, i) => value / 2 + i + 1));
      expect([...(await ones.data())]).toEqual([1, 1]);
    }
    step.dispose();
  });

  it('profiles a run by the names of the programs, and that run counts', async () => {
    const step = deviceStep({
      rows: 1,
      inputs: [{ shape: [300], dtype: 'float32' }],
      body: ([x]) => [x.square().exp().exp().sum()],
    });
    await step.run([new Float32Array(300)]);
    const times = await step.profile([new Float32Array(300).fill(1)]);
    expect(times.reduce((sum, { calls }) => sum + calls, 0)).toBe(4);
    expect(times.find(({ name }) => name.startsWith('UnaryOpProgram'))?.calls).toBe(3);
    for (const { ms } of times) expect(ms).toBeGreaterThanOrEqual(0);
    const [sum] = await step.run([new Float32Array(300).fill(1)]);
    expect((await sum.data())[0]).toBeCloseTo(300 * Math.exp(Math.E), 1);
    step.dispose();
  });

  it.each(REFUSED)('refuses a body that %s, and leaves nothing behind', async (_, message, body) => {
    const outside = tf.tidy(() => tf.variable(tf.tensor1d([1, 2])));
    await putOnDevice(outside);
    const before = tf.memory() as GpuMemory;
    const step = deviceStep({
      rows: 1,
      inputs: [{ shape: [2], dtype: 'float32' }],
      body: ([x]) => body(x, outside),
    });
    await expect(step.run([new Float32Array(2)])).rejects.toThrow(message);
    step.dispose();
    const after = tf.memory() as GpuMemory;
    expect(after.numBytesInGPU).toBe(before.numBytesInGPU);
    expect(after.numTensors).toBe(before.numTensors);
    expect([...(await outside.data())]).toEqual([1, 2]);
    expect([...(await tf.tidy(() => tf.tensor1d([1, 2]).mul(outside)).data())]).toEqual([1, 4]);
    outside.dispose();
  });
});

interface GpuMemory extends tf.MemoryInfo {
  readonly numBytesInGPU: number;
  readonly numBytesAllocatedInGPU: number;
}

const REFUSED: [string, RegExp, (x: tf.Tensor, outside: tf.Variable) => tf.Tensor[]][] = [
  ['reads values back', /reads values back/, (x) => [x.mul(x.square().dataSync()[0])]],
  [
    'reads values back without waiting',
    /reads values back/,
    (x) => {
      const y = x.square();
      void y.data();
      return [y];
    },
  ],
  [
    'assigns a variable',
    /assigns a variable/,
    (x, outside) => {
      outside.assign(x.square());
      return [x.add(1)];
    },
  ],
  ['hands back an input', /hands back an input/, (x) => [x.reshape([1, 2])]],
  ['hands back a tensor from outside', /made outside/, (_, outside) => [outside]],
  ['does not do the same twice', /not do the same twice/, (x) => [x.mul(tf.scalar(Math.random()))]],
  [
    'keeps a tensor',
    /keeps a tensor/,
    (x) => {
      const kept = tf.keep(x.square());
      queueMicrotask(() => kept.dispose());
      return [kept.add(1)];
    },
  ],
  [
    'fails',
    /of its own/,
    (x) => {
      x.square().add(tf.ones([2]));
      throw new Error('of its own');
    },
  ],
];

function filled(shape: readonly number[], seed: string): Float32Array {
  const random = new SeededRandom(seed);
  return Float32Array.from({ length: tf.util.sizeFromShape([...shape]) }, () => random.normal() / 4);
}

const SIDE = 8;

/** Pictures, and the rates of Adam at this step. */
function arrays(batch: number, step: number): Float32Array[] {
  const [t, rate] = [step + 1, 0.01];
  return [
    filled([batch, SIDE, SIDE, 3], `pictures ${step}`),
    new Float32Array([rate / (1 - 0.9 ** t), 1 / Math.sqrt(1 - 0.999 ** t), 0]),
  ];
}

/** Two convolutions with pooling, a product, a loss with its gradients, and Adam in place. */
function convnet(batch: number, shared?: Parameters) {
  const { variables, update, dispose } = shared ?? parameters();
  const [first, second, head] = variables;
  return {
    variables,
    dispose,
    rows: batch,
    inputs: [
      { shape: [batch, SIDE, SIDE, 3], dtype: 'float32' as const },
      { shape: [1, 3], dtype: 'float32' as const },
    ],
    body: ([pictures, rates]: readonly tf.Tensor[]) => {
      let embeddings: tf.Tensor | undefined;
      const { value, grads } = tf.variableGrads(() => {
        const x = tf.relu(tf.conv2d(pictures as tf.Tensor4D, first as tf.Tensor4D, 1, 'same'));
        const y = tf.relu(tf.conv2d(tf.maxPool(x, 2, 2, 'same'), second as tf.Tensor4D, 1, 'same'));
        embeddings = tf.keep(tf.matMul(y.reshape<tf.Tensor2D>([batch, -1]), head as tf.Tensor2D));
        const ones = tf.ones([batch, batch]).sub(tf.eye(batch));
        return tf
          .matMul(embeddings, embeddings, false, true)
          .mul(ones)
          .square()
          .sum()
          .add(embeddings.square().sum());
      }, variables);
      update.apply(
        variables.map(({ name }) => grads[name]),
        rates,
      );
      const kept = embeddings as tf.Tensor;
      const doubled = kept.mul(2);
      kept.dispose();
      return [value, doubled];
    },
  };
}

type Parameters = ReturnType<typeof parameters>;

function parameters() {
  const variables = [
    [3, 3, 3, 8],
    [3, 3, 8, 8],
    [(SIDE / 2) ** 2 * 8, 16],
  ].map((shape, i) => tf.tidy(() => tf.variable(tf.tensor(filled(shape, `parameter ${i}`), shape))));
  const update = parameterUpdate({ rule: 'adam', variables, groups: [0, 0, 0] });
  const dispose = () => {
    update.dispose();
    tf.dispose(variables);
  };
  return { variables, update, dispose };
}

async function trainAlternately(
  make: (
    net: (batch: number) => ReturnType<typeof convnet>,
    batch: number,
  ) => Pick<DeviceStep, 'run' | 'dispose'>,
): Promise<ArrayLike<number>[]> {
  const shared = parameters();
  const steps = [4, 7].map((batch) => make((size) => convnet(size, shared), batch));
  const seen: ArrayLike<number>[] = [];
  for (let i = 0; i < 6; i++) {
    const [loss] = await steps[i % 2].run(arrays([4, 7][i % 2], i));
    seen.push(await loss.data());
  }
  for (const step of steps) step.dispose();
  shared.dispose();
  return seen;
}

async function putOnDevice(tensor: tf.Tensor): Promise<void> {
  const sum = tf.tidy(() => tensor.sum());
  await sum.data();
  sum.dispose();
}
