import { rmSync } from 'node:fs';
import { serialize } from 'node:v8';
import * as tf from '@tensorflow/tfjs';
import { allOrNothing } from '../backends/all-or-nothing.js';
import type { BackendDescription } from '../backends/start-backend.js';
import type { FixedSizeImageSet } from '../datasets/fixed-size-image-set.js';
import { evaluateInDetail, runMetricsOf } from '../evaluation/evaluate-embeddings.js';
import { precisionOfRanks } from '../evaluation/mean-average-precision-at-r.js';
import { rankPositives } from '../evaluation/positive-ranks.js';
import { recallOfRanks } from '../evaluation/recall-at-k.js';
import { requireThere } from '../files/require-there.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { HardClassNPairSampler } from '../mining/hard-class-n-pair-sampler.js';
import { featureEmbedding, frozenFeatures, valuesOf } from '../models/feature-embedding.js';
import { googlenetEmbedding } from '../models/googlenet-embedding.js';
import type { Model } from '../models/model.js';
import { smallConvnet } from '../models/small-convnet.js';
import { SeededRandom } from '../seeded-random.js';
import { chosenPoint } from '../training/chosen-step.js';
import { Optimizer } from '../training/optimizer.js';
import { type TrainResult, train } from '../training/train.js';
import type { EmbeddingTable } from '../types/embedding-table.js';
import type { RunRecord } from '../types/run-record.js';
import { makeLoss } from './declared-losses.js';
import { describeEnvironment } from './environment.js';
import { type ExperimentData, FROZEN_LAYER, loadExperimentData } from './experiment-data.js';
import { keptModel } from './kept-model.js';
import { checkpointPath, embeddingsPath, keptModelPath, writeRecord } from './record-store.js';
import { type RunSpec, runId } from './run-spec.js';
import { samplerFromSpec } from './sampler-from-spec.js';

export interface RunExperimentOptions {
  readonly backend: BackendDescription;
  /** Results folder; without it nothing is written and nothing is resumed. */
  readonly results?: string;
  /** A file of the results folder: where it is gone, the folder is, and nothing is written in its place. */
  readonly proof?: string;
  /** Already loaded data of this spec, shared by runs of one experiment. */
  readonly data?: ExperimentData;
  /** Write the trained network beside the record, as an ONNX file. */
  readonly keep?: boolean;
  onProgress?(step: number): void;
  /** Pictures that went through the network outside of steps: to centre features, to validate, to test. */
  onEmbedded?(done: number, total: number): void;
  /** As `train` gives it. */
  onPlannedBytes?(bytes: number | null): void;
  readonly signal?: AbortSignal;
}

/** Who hears of pictures that go through the network, and may stop it. */
type Watcher = Pick<RunExperimentOptions, 'onEmbedded' | 'signal'>;

/** Test embeddings of a finished run, with the items of the data set that they belong to. */
export interface RunEmbeddings extends EmbeddingTable {
  readonly itemIndices: Int32Array;
}

const EMBEDDING_BATCH = 256;
/** Of whole pictures through whole networks, whose first layers want 27 MB a picture. */
const PICTURE_BATCH = 64;

/**
 * Trains one spec, chooses the step on the validation classes, then reads the test classes once.
 *
 * Validation scores and training Recall@1 of the curve are over the validation classes and over as many of the
 * training classes, cosine distance.
 */
export async function runExperiment(spec: RunSpec, options: RunExperimentOptions): Promise<RunRecord> {
  const startedAt = new Date().toISOString();
  const id = runId(spec);
  const data = options.data ?? (await loadExperimentData(spec));
  const random = new SeededRandom(spec.seed);
  const model = await modelFromSpec(spec, data, random.fork('model'), options);
  try {
    const result = await trainModel(spec, data, model, random, options);
    const evaluationStart = performance.now();
    let scores: Pick<RunRecord, 'metrics' | 'classScores'> = { metrics: null };
    if (spec.evaluation.test === 'read-once') {
      const table = await embedItems(model, data, data.test, options);
      const evaluation = await evaluateInDetail(table, {
        ks: spec.evaluation.ks,
        kMeansSeed: spec.seed,
        kMeansRestarts: spec.evaluation.kMeansRestarts,
        signal: options.signal,
      });
      scores = { metrics: runMetricsOf(evaluation), classScores: evaluation.classScores };
      if (options.results !== undefined) {
        requireThere(options.proof);
        writeFileWhole(embeddingsPath(options.results, spec.experiment, id), serialize(table));
      }
    }
    if (options.keep && options.results !== undefined) {
      requireThere(options.proof);
      const parts = {
        spec,
        id,
        model,
        side: data.inputs.shape[0],
        weights: data.weights?.layers,
        classes: [...new Set(data.train.map((item) => data.labels[item]))].map(
          (label) => data.images.classNames[label],
        ),
      };
      writeFileWhole(keptModelPath(options.results, spec.experiment, id), await keptModel(parts));
    }
    const record: RunRecord = {
      format: 2,
      id,
      experiment: spec.experiment,
      method: spec.method,
      spec,
      seed: spec.seed,
      environment: await describeEnvironment(options.backend),
      data: data.description,
      curve: result.curve,
      chosenStep: result.chosenStep,
      ...(result.curve.length > 1 ? { chosenBy: chosenPoint(result.curve).chosenBy } : {}),
      ...scores,
      times: {
        startedAt,
        trainingSeconds: result.trainingSeconds,
        evaluationSeconds: (performance.now() - evaluationStart) / 1000,
      },
    };
    if (options.results !== undefined) {
      requireThere(options.proof);
      writeRecord(options.results, record);
      rmSync(checkpointPath(options.results, spec.experiment, id), { force: true });
    }
    return record;
  } finally {
    model.dispose();
  }
}

async function trainModel(
  spec: RunSpec,
  data: ExperimentData,
  model: Model,
  random: SeededRandom,
  options: RunExperimentOptions,
): Promise<TrainResult> {
  const watchedTraining = firstClasses(data.train, data.labels, data.description.validation.classes);
  const ranksOf = async (items: readonly number[]) =>
    rankPositives(await embedItems(model, data, items, options));
  const validate = async () => {
    const ranks = await ranksOf(data.validation);
    return {
      validationRecallAt1: recallOfRanks(ranks, [1])[1],
      validationMeanAveragePrecisionAtR: precisionOfRanks(ranks).meanAveragePrecisionAtR,
      trainingRecallAt1: recallOfRanks(await ranksOf(watchedTraining), [1])[1],
    };
  };
  if (spec.loss === null) {
    return { curve: [{ step: 0, loss: null, ...(await validate()) }], chosenStep: 0, trainingSeconds: 0 };
  }
  const labels = Int32Array.from(data.train, (i) => data.labels[i]);
  // A model without an embedding layer has nothing to train.
  const dimension = 'embeddingDimension' in spec.model ? spec.model.embeddingDimension : 0;
  const loss = makeLoss(spec.loss, {
    classes: [...new Set(labels)],
    dimension,
    random: random.fork('loss'),
  });
  const proxyRate = ('proxyLearningRateFactor' in spec.loss && spec.loss.proxyLearningRateFactor) || 1;
  const proxies = (loss.variables ?? []).map((variable) => ({
    name: variable.name,
    variable,
    learningRateFactor: proxyRate,
  }));
  const sampler = samplerFromSpec(spec.batch, labels, dimension);
  const dispose = () => tf.dispose(proxies.map(({ variable }) => variable));
  let optimizer: Optimizer;
  try {
    optimizer = allOrNothing(() => new Optimizer([...model.parameters, ...proxies], spec.optimizer));
  } catch (error) {
    dispose();
    throw error;
  }
  const training = train({
    model,
    loss,
    optimizer,
    steps: spec.steps,
    validateEvery: spec.validateEvery,
    random,
    batch: (stepRandom) => sampler.batch(stepRandom).map((position) => data.train[position]),
    labels: (indices) => Array.from(indices, (i) => data.labels[i]),
    inputs: data.inputs,
    ...(sampler instanceof HardClassNPairSampler
      ? {
          observe: (seen, embeddings) => sampler.observe(seen, embeddings),
          remembered: [sampler.representatives],
        }
      : {}),
    validate,
    checkpoint:
      options.results === undefined
        ? undefined
        : {
            path: checkpointPath(options.results, spec.experiment, runId(spec)),
            origin: originOf(await describeEnvironment(options.backend), data),
            beforeSaving: () => requireThere(options.proof),
          },
    onProgress: options.onProgress,
    onPlannedBytes: options.onPlannedBytes,
    signal: options.signal,
  });
  return training.finally(() => {
    optimizer.dispose();
    dispose();
  });
}

/** A record names one commit, backend and data set, so these must be the same in every sitting of a run. */
function originOf({ commit, backend }: RunRecord['environment'], { description }: ExperimentData): string {
  return JSON.stringify([commit, backend, description.checksum, description.weights]);
}

async function modelFromSpec(
  spec: RunSpec,
  data: ExperimentData,
  random: SeededRandom,
  watcher: Watcher,
): Promise<Model> {
  switch (spec.model.name) {
    case 'raw-pixels':
      return rawPixels(data);
    case 'small-convnet':
      return smallConvnet({ ...spec.model, size: data.inputs.shape[0], random });
    case 'googlenet-features':
    case 'onnx-features':
      return frozenFeatures;
    case 'onnx':
      return featureEmbedding({
        ...spec.model,
        trunk: null,
        sample: () => trainingInputs(data, watcher),
        random,
      });
    case 'googlenet':
      return googlenetModel(spec.model, data, random, watcher);
  }
}

function googlenetModel(
  model: Extract<RunSpec['model'], { name: 'googlenet' }>,
  data: ExperimentData,
  random: SeededRandom,
  watcher: Watcher,
): Promise<Model> {
  const { weights } = data;
  if (weights === undefined) throw new Error('no pretrained weights');
  return googlenetEmbedding({
    ...model,
    input: FROZEN_LAYER[model.trains],
    weights: weights.layers,
    sample: () => trainingInputs(data, watcher),
    random,
  });
}

async function* trainingInputs(data: ExperimentData, watcher: Watcher): AsyncIterable<tf.Tensor> {
  for await (const items of batchesOf(data, data.train, watcher)) yield await inputsOf(data, items);
}

/** The baseline that learns nothing: pixels minus the mean training picture. */
function rawPixels(data: ExperimentData): Model {
  const { pixels } = data.images as FixedSizeImageSet;
  const length = data.inputs.shape.reduce((product, size) => product * size, 1);
  const mean = new Float32Array(length);
  for (const i of data.train) {
    for (let j = 0; j < length; j++) mean[j] += (pixels[i * length + j] / 127.5 - 1) / data.train.length;
  }
  return {
    parameters: [],
    statistics: [],
    embed: (inputs) =>
      tf.tidy(() => inputs.reshape<tf.Tensor2D>([inputs.shape[0], length]).sub(tf.tensor1d(mean))),
    dispose: () => {},
  };
}

async function embedItems(
  model: Model,
  data: ExperimentData,
  items: readonly number[],
  watcher: Watcher,
): Promise<RunEmbeddings> {
  let vectors = new Float32Array(0);
  let dimension = 0;
  let done = 0;
  for await (const indices of batchesOf(data, items, watcher)) {
    const inputs = await inputsOf(data, indices);
    const embedded = await valuesOf(inputs, (batch) => model.embed(batch, null));
    if (done === 0) {
      dimension = embedded.shape[1];
      vectors = new Float32Array(items.length * dimension);
    }
    vectors.set(embedded.values, done * dimension);
    done += indices.length;
  }
  return {
    vectors,
    dimension,
    labels: Int32Array.from(items, (i) => data.labels[i]),
    itemIndices: Int32Array.from(items),
  };
}

/** @throws KitError `cancelled` before a batch where `signal` aborts */
async function* batchesOf(
  { inputs }: ExperimentData,
  items: readonly number[],
  { onEmbedded, signal }: Watcher,
): AsyncIterable<number[]> {
  const size = inputs.dtype === 'int32' ? PICTURE_BATCH : EMBEDDING_BATCH;
  for (let start = 0; start < items.length; start += size) {
    // Whoever wants to stop gets a turn.
    await new Promise(setImmediate);
    if (signal?.aborted) throw new KitError('cancelled', 'Stopped.');
    const batch = items.slice(start, start + size);
    yield batch;
    onEmbedded?.(start + batch.length, items.length);
  }
}

/** What the network takes of these items, as they are. */
async function inputsOf({ inputs }: ExperimentData, items: readonly number[]): Promise<tf.Tensor> {
  const values = await inputs.read(items, null);
  return tf.tidy(() =>
    inputs.toNetwork(tf.tensor(values, [...inputs.uploadShape(items.length)], inputs.dtype), items.length),
  );
}

/** The items of the first so many classes, in the order of the data set. */
function firstClasses(items: readonly number[], labels: Int32Array, classes: number): number[] {
  const chosen = new Set([...new Set(items.map((i) => labels[i]))].slice(0, classes));
  return items.filter((i) => chosen.has(labels[i]));
}
