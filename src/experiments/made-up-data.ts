import { caffePreprocessing } from '../features/caffe-preprocessing.js';
import { featureShape } from '../features/extract-features.js';
import { STRETCHED_SIDE } from '../features/stretched-pictures.js';
import { googlenet } from '../models/googlenet.js';
import { type LayerWeights, type Network, outputShapes, weightShape } from '../models/network.js';
import type { PretrainedWeights } from '../models/read-weights.js';
import { SeededRandom } from '../seeded-random.js';
import { type BatchInputs, floatInputs } from '../training/batch-inputs.js';
import { cropInputs } from '../training/picture-crops.js';
import { type ExperimentData, FROZEN_LAYER } from './experiment-data.js';
import { openModelFile } from './onnx-model-file.js';
import type { RunSpec } from './run-spec.js';

type PretrainedModel = Extract<RunSpec['model'], { name: 'googlenet' | 'onnx' }>;

export interface SpecOnFeatures extends RunSpec {
  readonly model: PretrainedModel;
}

const PICTURES_A_CLASS = 4;
const WATCHED_CLASSES = 2;

/** Noise in place of photographs and weights, of the shapes that a run of the spec has, enough for its batches: to time steps with. */
export async function madeUpData(spec: SpecOnFeatures): Promise<ExperimentData> {
  const { batch } = spec;
  const training = 'candidates' in batch ? batch.candidates : batch.classes;
  const classes = training + 2 * WATCHED_CLASSES;
  const aClass = Math.max(PICTURES_A_CLASS, 'imagesPerClass' in batch ? batch.imagesPerClass : 0);
  const labels = Int32Array.from({ length: classes * aClass }, (_, i) => Math.floor(i / aClass));
  const itemsOf = (from: number, to: number) =>
    [...labels.keys()].filter((i) => labels[i] >= from && labels[i] < to);
  const sides = {
    train: itemsOf(0, training),
    validation: itemsOf(training, training + WATCHED_CLASSES),
    test: itemsOf(training + WATCHED_CLASSES, classes),
  };
  const counted = (items: readonly number[]) => ({
    classes: new Set(items.map((i) => labels[i])).size,
    images: items.length,
  });
  const weights = spec.model.name === 'googlenet' ? madeUpWeights(googlenet) : undefined;
  return {
    images: {
      name: 'noise',
      checksum: 'noise',
      classNames: Array.from({ length: classes }, (_, i) => `${i}`),
      items: Array.from(labels, (label, i) => ({ path: `${i}`, label })),
      read: async () => {
        throw new Error('Noise has no pictures.');
      },
    },
    labels,
    ...sides,
    inputs: await noise(spec.model),
    weights,
    description: {
      name: 'noise',
      checksum: 'noise',
      partial: null,
      train: counted(sides.train),
      validation: counted(sides.validation),
      test: counted(sides.test),
    },
  };
}

async function noise(model: PretrainedModel): Promise<BatchInputs> {
  if (model.name === 'onnx') {
    const { shape } = await openModelFile(model);
    return featureNoise([shape.reduce((product, size) => product * size, 1)]);
  }
  const { trains, view } = model;
  if (trains === 'all') {
    return cropInputs(
      (item, into) => {
        for (let i = 0, value = item + 1; i < into.length; i++) {
          value = (Math.imul(value, 1_664_525) + 1_013_904_223) >>> 0;
          into[i] = value >>> 24;
        }
      },
      { pictureSide: STRETCHED_SIDE, side: caffePreprocessing(googlenet.inputSize, view).crop },
    );
  }
  return featureNoise(featureShape(googlenet, FROZEN_LAYER[trains], view).shape);
}

function featureNoise(shape: readonly number[]): BatchInputs {
  const length = shape.reduce((product, size) => product * size, 1);
  return floatInputs(shape, (items) =>
    Float32Array.from({ length: items.length * length }, (_, i) => ((i * 7919) % 1009) / 1009),
  );
}

/** Of the scale that keeps what flows through the network about as large in every layer (He et al. 2015). */
export function madeUpWeights(network: Network): PretrainedWeights {
  const shapes = outputShapes(network);
  const random = new SeededRandom(0);
  const layers = new Map<string, LayerWeights>();
  for (const layer of network.layers) {
    if (layer.kind !== 'convolution' && layer.kind !== 'dense') continue;
    const shape = weightShape(layer, shapes.get(layer.input) as readonly [number, number, number]);
    const [out, ...inner] = shape;
    const inputs = inner.reduce((product, size) => product * size, 1);
    const draw = random.fork(layer.name);
    layers.set(layer.name, {
      shape,
      filter: Float32Array.from(
        { length: out * inputs },
        () => (draw.uniform() - 0.5) * Math.sqrt(24 / inputs),
      ),
      bias: new Float32Array(out),
    });
  }
  return { layers, checksum: 'noise' };
}
