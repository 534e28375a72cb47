import { describe, it } from 'vitest';
import { nativeEngine } from '../../../src/backends/tensorflow/native-engine.js';
import { describeKernels } from '../kernel-suite.js';

const built = nativeEngine() !== undefined;

describe.skipIf(!built)('TensorFlow’s kernels', () =>
  built ? describeKernels('tensorflow-cpu') : undefined,
);
it.skipIf(built)('needs kit native to compare TensorFlow’s kernels with cpu', () => {});
