import { caffePreprocessing } from '../features/caffe-preprocessing.js';
import { PREPROCESSING_KEY } from '../features/onnx-backbone.js';
import type { Preprocessing } from '../features/preprocessing.js';
import { googlenet } from '../models/googlenet.js';
import type { Model } from '../models/model.js';
import type { NetworkWeights } from '../models/network.js';
import { onnxEmbedding, PICTURES } from '../models/onnx-embedding.js';
import type { RunSpec } from './run-spec.js';

export interface KeptModelParts {
  readonly spec: RunSpec;
  /** The run's id, which leads to its record. */
  readonly id: string;
  readonly model: Model;
  /** Side in pixels of a network on pixels. */
  readonly side: number;
  /** Where the model starts from pretrained ones. */
  readonly weights?: NetworkWeights;
  /** Names of the classes that it was trained on. */
  readonly classes: readonly string[];
}

/** A run's network as `onnxEmbedding` writes it; its metadata name the run, the classes trained on and how pictures become its input. */
export function keptModel({ spec, id, model, side, weights, classes }: KeptModelParts): Promise<Uint8Array> {
  const preprocessing = preprocessingOf(spec, side);
  const { crop, fit } = preprocessing;
  const { radius } = spec.model as { readonly radius: number | null };
  return onnxEmbedding(model, {
    side: crop,
    radius,
    weights,
    metadata: {
      'angular-loss-kit.run': id,
      'angular-loss-kit.method': spec.method,
      'angular-loss-kit.trained-classes': JSON.stringify(classes),
      'angular-loss-kit.input': `${PICTURES}: float32 [n, 3, ${crop}, ${crop}], red, green, blue, 0 to 255; ${fit === 'stretch' ? 'stretched to the square' : 'the whole picture on a white square'}`,
      [PREPROCESSING_KEY]: JSON.stringify(preprocessing),
    },
  });
}

/** The graph turns and scales colours itself. */
function preprocessingOf({ model }: RunSpec, side: number): Preprocessing {
  const sized =
    model.name === 'googlenet'
      ? caffePreprocessing(googlenet.inputSize, model.view)
      : ({ fit: 'contain', resize: side, crop: side, interpolation: 'libvips' } as const);
  return { ...sized, channels: 'rgb', mean: [0, 0, 0], deviation: [1, 1, 1] };
}
