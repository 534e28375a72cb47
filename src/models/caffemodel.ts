import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';
import { KitError } from '../kit-error.js';
import type { LayerWeights } from './network.js';

// The messages of caffe.proto that hold weights, with their field numbers there; `layers` is the older form.
const { root } = protobuf.parse(
  `
  syntax = "proto2";
  message Shape { repeated int64 dim = 1 [packed = true]; }
  message Blob { optional Shape shape = 7; repeated float data = 5 [packed = true]; optional int32 num = 1; optional int32 channels = 2; optional int32 height = 3; optional int32 width = 4; }
  message Layer { optional string name = 1; repeated Blob blobs = 7; }
  message V1Layer { optional string name = 4; repeated Blob blobs = 6; }
  message Net { optional string name = 1; repeated V1Layer layers = 2; repeated Layer layer = 100; }
`,
  { keepCase: true },
);

/** The message type of a .caffemodel file. */
export const CaffeNet = root.lookupType('Net');

interface Blob {
  readonly shape?: { readonly dim: readonly number[] };
  readonly data: readonly number[];
  readonly num?: number;
  readonly channels?: number;
  readonly height?: number;
  readonly width?: number;
}

/**
 * Weights of every layer with a filter and a bias in a BVLC `.caffemodel`, either of its two forms. Channels stay
 * in the order that the model was trained with: BGR for BVLC's.
 *
 * @throws KitError `invalid-dataset` where the file is cut off or something else
 */
export function readCaffemodel(path: string): ReadonlyMap<string, LayerWeights> {
  let layers: { name?: string; blobs?: Blob[] }[];
  try {
    const net = CaffeNet.toObject(CaffeNet.decode(readFileSync(path)), { longs: Number, arrays: true });
    layers = [...net.layers, ...net.layer];
  } catch (error) {
    throw new KitError(
      'invalid-dataset',
      `${path} is not a .caffemodel, or is cut off (${(error as Error).message}). Get the file again.`,
      { cause: error },
    );
  }
  const weights = new Map<string, LayerWeights>();
  for (const { name, blobs = [] } of layers) {
    if (name === undefined || blobs.length < 2) continue;
    const [filter, bias] = blobs;
    const shape = shapeOf(filter);
    const values = shape.reduce((product, size) => product * size, 1);
    if (values !== filter.data.length) {
      throw new KitError(
        'invalid-dataset',
        `${path}: ${name} says ${shape.join('×')} but holds ${filter.data.length} values. Get the file again.`,
      );
    }
    weights.set(name, { shape, filter: Float32Array.from(filter.data), bias: Float32Array.from(bias.data) });
  }
  if (weights.size === 0)
    throw new KitError('invalid-dataset', `${path} holds no layer with weights. Expected a .caffemodel.`);
  return weights;
}

function shapeOf(blob: Blob): LayerWeights['shape'] {
  const dims = blob.shape?.dim ?? [blob.num, blob.channels, blob.height, blob.width].map((d) => d ?? 1);
  // The older form writes a dense layer's matrix as 1×1×out×in.
  const meant = dims.length === 4 && dims[0] === 1 && dims[1] === 1 && dims[2] > 1 ? dims.slice(2) : dims;
  const [out, input, height = 1, width = 1] = meant;
  return [out, input, height, width];
}
