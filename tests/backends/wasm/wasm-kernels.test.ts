import { describe } from 'vitest';
import { describeKernels } from '../kernel-suite.js';

describe('the training kernels', () => describeKernels('wasm'));
