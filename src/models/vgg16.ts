import type { Network, NetworkLayer } from './network.js';

const BLOCKS = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

function block(filters: readonly number[], index: number): NetworkLayer[] {
  const number = index + 1;
  const name = (layer: number) => `conv${number}_${layer}`;
  return [
    ...filters.map(
      (count, i): NetworkLayer => ({
        kind: 'convolution',
        name: name(i + 1),
        input: i > 0 ? name(i) : index === 0 ? 'data' : `pool${index}`,
        filters: count,
        kernel: 3,
        stride: 1,
        pad: 1,
      }),
    ),
    { kind: 'max-pool', name: `pool${number}`, input: name(filters.length), kernel: 2, stride: 2, pad: 0 },
  ];
}

/** VGG-16 (Simonyan & Zisserman 2015, configuration D), with the names of the authors' Caffe files; `fc7` has 4,096 features. */
export const vgg16: Network = {
  name: 'vgg16',
  inputSize: 224,
  layers: [
    ...BLOCKS.flatMap(block),
    { kind: 'dense', name: 'fc6', input: 'pool5', units: 4096, relu: true },
    { kind: 'dropout', name: 'drop6', input: 'fc6', share: 0.5 },
    { kind: 'dense', name: 'fc7', input: 'drop6', units: 4096, relu: true },
    { kind: 'dropout', name: 'drop7', input: 'fc7', share: 0.5 },
    { kind: 'dense', name: 'fc8', input: 'drop7', units: 1000, relu: false },
  ],
};
