import type { Network, NetworkLayer } from './network.js';

/** Filters of a module's branches: 1×1; 3×3 behind its reduction; 5×5 behind its reduction; projection of the pool. */
type Inception = readonly [
  one: number,
  threeReduced: number,
  three: number,
  fiveReduced: number,
  five: number,
  pool: number,
];

function inception(
  name: string,
  input: string,
  [one, threeReduced, three, fiveReduced, five, pool]: Inception,
) {
  const convolution = (layer: string, from: string, filters: number, kernel: number): NetworkLayer => ({
    kind: 'convolution',
    name: `${name}/${layer}`,
    input: from,
    filters,
    kernel,
    stride: 1,
    pad: (kernel - 1) / 2,
  });
  return [
    convolution('1x1', input, one, 1),
    convolution('3x3_reduce', input, threeReduced, 1),
    convolution('3x3', `${name}/3x3_reduce`, three, 3),
    convolution('5x5_reduce', input, fiveReduced, 1),
    convolution('5x5', `${name}/5x5_reduce`, five, 5),
    { kind: 'max-pool', name: `${name}/pool`, input, kernel: 3, stride: 1, pad: 1 },
    convolution('pool_proj', `${name}/pool`, pool, 1),
    {
      kind: 'concatenation',
      name: `${name}/output`,
      inputs: ['1x1', '3x3', '5x5', 'pool_proj'].map((branch) => `${name}/${branch}`),
    },
  ] satisfies NetworkLayer[];
}

const halve = (name: string, input: string): NetworkLayer => ({
  kind: 'max-pool',
  name,
  input,
  kernel: 3,
  stride: 2,
  pad: 0,
});

/**
 * GoogLeNet, Inception v1 (Szegedy et al., CVPR 2015, Table 1), as BVLC trained it: the paper's backbone. Without
 * the two side classifiers, which serve its own training only.
 */
export const googlenet: Network = {
  name: 'googlenet',
  inputSize: 224,
  layers: [
    { kind: 'convolution', name: 'conv1/7x7_s2', input: 'data', filters: 64, kernel: 7, stride: 2, pad: 3 },
    halve('pool1/3x3_s2', 'conv1/7x7_s2'),
    { kind: 'local-response-normalization', name: 'pool1/norm1', input: 'pool1/3x3_s2' },
    {
      kind: 'convolution',
      name: 'conv2/3x3_reduce',
      input: 'pool1/norm1',
      filters: 64,
      kernel: 1,
      stride: 1,
      pad: 0,
    },
    {
      kind: 'convolution',
      name: 'conv2/3x3',
      input: 'conv2/3x3_reduce',
      filters: 192,
      kernel: 3,
      stride: 1,
      pad: 1,
    },
    { kind: 'local-response-normalization', name: 'conv2/norm2', input: 'conv2/3x3' },
    halve('pool2/3x3_s2', 'conv2/norm2'),
    ...inception('inception_3a', 'pool2/3x3_s2', [64, 96, 128, 16, 32, 32]),
    ...inception('inception_3b', 'inception_3a/output', [128, 128, 192, 32, 96, 64]),
    halve('pool3/3x3_s2', 'inception_3b/output'),
    ...inception('inception_4a', 'pool3/3x3_s2', [192, 96, 208, 16, 48, 64]),
    ...inception('inception_4b', 'inception_4a/output', [160, 112, 224, 24, 64, 64]),
    ...inception('inception_4c', 'inception_4b/output', [128, 128, 256, 24, 64, 64]),
    ...inception('inception_4d', 'inception_4c/output', [112, 144, 288, 32, 64, 64]),
    ...inception('inception_4e', 'inception_4d/output', [256, 160, 320, 32, 128, 128]),
    halve('pool4/3x3_s2', 'inception_4e/output'),
    ...inception('inception_5a', 'pool4/3x3_s2', [256, 160, 320, 32, 128, 128]),
    ...inception('inception_5b', 'inception_5a/output', [384, 192, 384, 48, 128, 128]),
    { kind: 'global-average-pool', name: 'pool5/7x7_s1', input: 'inception_5b/output' },
    { kind: 'dropout', name: 'pool5/drop_7x7_s1', input: 'pool5/7x7_s1', share: 0.4 },
    { kind: 'dense', name: 'loss3/classifier', input: 'pool5/drop_7x7_s1', units: 1000, relu: false },
  ],
};
