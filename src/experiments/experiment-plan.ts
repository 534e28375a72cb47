import { totalmem } from 'node:os';
import { type BackendDescription, startBackend } from '../backends/start-backend.js';
import { featureShape, timeFeatures } from '../features/extract-features.js';
import type { PictureView } from '../features/picture-view.js';
import { STRETCHED_BYTES } from '../features/stretched-pictures.js';
import { KitError } from '../kit-error.js';
import { googlenet } from '../models/googlenet.js';
import { dataKey, FROZEN_LAYER, loadExperimentData } from './experiment-data.js';
import { madeUpData, madeUpWeights } from './made-up-data.js';
import { estimatedTime, type MeasuredTime, measureTime } from './measured-time.js';
import { type OnnxModelFile, openModelFile } from './onnx-model-file.js';
import { processesFor } from './run-pool.js';
import type { RunSpec } from './run-spec.js';
import { type SplitCounts, splitCounts } from './split-counts.js';

/** A run of a group, timed for all that read the same data. */
export interface TimedRun {
  readonly spec: RunSpec;
  readonly time: MeasuredTime;
  /** Rows of its batches, and of those that were timed: fewer where a whole step takes long. */
  readonly rows: number;
  readonly timedRows: number;
  /** The error that says that a whole batch does not fit. */
  readonly unfit?: string;
}

export interface ExperimentPlan {
  readonly backend: BackendDescription;
  readonly processes: number;
  readonly timed: readonly TimedRun[];
  readonly trainingMilliseconds: number;
  /** Made once, at most: what the cache has already is not made again. */
  readonly features: { readonly pictures: number; readonly milliseconds: number; readonly bytes: number };
  readonly pictureBytes: number;
  readonly resultBytes: number;
  /** Of one process. */
  readonly memoryBytes: number;
  /** On the device, where that is known before. */
  readonly deviceBytes: number | null;
}

/** What runs will take on this machine, from a step timed on noise: it needs neither data nor weights, and keeps nothing. */
export async function planRuns(
  specs: readonly RunSpec[],
  { workers }: { readonly workers?: number },
): Promise<ExperimentPlan> {
  const backend = await startBackend({ threads: 1 });
  const processes = processesFor(specs, { workers, backend: backend.name });
  const timed: TimedRun[] = [];
  let trainingMilliseconds = 0;
  for (const key of new Set(specs.map(dataKey))) {
    const group = specs.filter((spec) => dataKey(spec) === key);
    const spec = group.find(({ loss }) => loss !== null);
    if (spec === undefined) continue;
    const run = await timeRun(spec, backend);
    timed.push(run);
    trainingMilliseconds += estimatedTime(group, run.time, processes, await splitCounts(spec));
  }
  return {
    backend,
    processes,
    timed,
    trainingMilliseconds,
    ...(await preparation(specs)),
    resultBytes: await embeddingBytes(specs),
    memoryBytes: Math.max(0, ...timed.map(({ time }) => time.memory.bytes)),
    deviceBytes: timed.reduce<number | null>(
      (most, { time: { plannedBytes } }) =>
        plannedBytes === null ? most : Math.max(most ?? 0, plannedBytes),
      null,
    ),
  };
}

const FEW_CLASSES = 4;
const LONG_STEP = 20_000;
const SHORT = { warmUp: 1, measured: 3 };

async function timeRun(spec: RunSpec, backend: BackendDescription): Promise<TimedRun> {
  const rows = rowsOf(spec.batch);
  const { model } = spec;
  if (model.name !== 'googlenet' && model.name !== 'onnx') {
    const time = await measureTime(spec, await loadExperimentData(spec), backend);
    return { spec, time, rows, timedRows: rows };
  }
  const timeBatch = async (batch: RunSpec['batch']) => {
    const run = { ...spec, model, batch };
    return measureTime(run, await madeUpData(run), backend, SHORT);
  };
  const few = withClasses(spec.batch, Math.min(FEW_CLASSES, spec.batch.classes));
  const time = await timeBatch(few);
  const factor = rows / rowsOf(few);
  const scaled = { spec, time: scaledBy(time, factor), rows, timedRows: rowsOf(few) };
  const fits = scaled.time.memory.bytes <= mostBytes(backend);
  if (factor === 1 || scaled.time.millisecondsAStep > LONG_STEP || !fits) return scaled;
  try {
    return { spec, time: await timeBatch(spec.batch), rows, timedRows: rows };
  } catch (error) {
    if (!(error instanceof KitError) || error.code !== 'out-of-memory') throw error;
    return { ...scaled, unfit: error.message };
  }
}

/** What one process can hold here: wasm addresses 32 bits. */
export function mostBytes({ name }: Pick<BackendDescription, 'name'>): number {
  return name.startsWith('wasm') ? Math.min(2 ** 32, totalmem()) : totalmem();
}

/** Everything in a step grows with its batch; the model and the process do not. */
function scaledBy(time: MeasuredTime, factor: number): MeasuredTime {
  const { bytes, ofBatch } = time.memory;
  return {
    ...time,
    millisecondsAStep: time.millisecondsAStep * factor,
    memory: { bytes: bytes + (factor - 1) * ofBatch, ofBatch: factor * ofBatch },
    plannedBytes: null,
  };
}

export function rowsOf(batch: RunSpec['batch']): number {
  return batch.classes * ('imagesPerClass' in batch ? batch.imagesPerClass : 2);
}

function withClasses(batch: RunSpec['batch'], classes: number): RunSpec['batch'] {
  return 'candidates' in batch ? { ...batch, classes, candidates: classes } : { ...batch, classes };
}

/** What is made of the pictures once, before anything trains. */
async function preparation(
  specs: readonly RunSpec[],
): Promise<Pick<ExperimentPlan, 'features' | 'pictureBytes'>> {
  const wanted = new Map<string, { spec: RunSpec; layer: string; view: PictureView; randomViews: number }>();
  for (const spec of specs) {
    const { model, dataset } = spec;
    if (!('view' in model)) continue;
    const layer = model.name === 'googlenet' ? FROZEN_LAYER[model.trains] : 'pool5';
    const randomViews = 'randomViews' in model ? model.randomViews : 0;
    const key = JSON.stringify([dataset, 'file' in model ? onnxPart(model) : layer, model.view]);
    const known = wanted.get(key)?.randomViews ?? 0;
    wanted.set(key, { spec, layer, view: model.view, randomViews: Math.max(known, randomViews) });
  }
  const features = { pictures: 0, milliseconds: 0, bytes: 0 };
  let pictureBytes = 0;
  for (const { spec, layer, view, randomViews } of wanted.values()) {
    const counts = await splitCounts(spec);
    if (layer === 'data') {
      pictureBytes += picturesOf(counts) * STRETCHED_BYTES;
      continue;
    }
    const pictures = picturesOf(counts) + randomViews * counts.train.images;
    features.pictures += pictures;
    const { rowBytes, milliseconds } = await costOfFeatures(spec, layer, view);
    features.bytes += pictures * rowBytes;
    features.milliseconds += pictures * milliseconds;
  }
  return { features, pictureBytes };
}

function onnxPart({ sha256, layer, preprocessing, input, inputValues }: OnnxModelFile) {
  return [sha256, layer, preprocessing, input, inputValues];
}

/** Of one picture. */
async function costOfFeatures({ model }: RunSpec, layer: string, view: PictureView) {
  if ('file' in model) {
    const onnx = await openModelFile(model);
    const rowBytes = onnx.shape.reduce((product, size) => product * size, 4);
    return { rowBytes, milliseconds: await timeFeatures({ onnx, view }) };
  }
  const { rowBytes } = featureShape(googlenet, layer, view);
  const weights = madeUpWeights(googlenet);
  return { rowBytes, milliseconds: await timeFeatures({ network: googlenet, weights, layer, view }) };
}

const picturesOf = ({ train, validation, test }: SplitCounts) =>
  train.images + validation.images + test.images;

/** Runs that differ in loss or seed leave as much: pictures are counted, and a network of one's own is opened, once for all. */
async function embeddingBytes(specs: readonly RunSpec[]): Promise<number> {
  const ofRun = new Map<string, number>();
  let bytes = 0;
  for (const spec of specs) {
    const { dataset, split, model, evaluation } = spec;
    if (evaluation.test === 'none') continue;
    const key = JSON.stringify([dataset, split, model]);
    const own = ofRun.get(key) ?? 4 * (await splitCounts(spec)).test.images * (await dimensionOf(spec));
    ofRun.set(key, own);
    bytes += own;
  }
  return bytes;
}

async function dimensionOf({ model, dataset }: RunSpec): Promise<number> {
  if ('embeddingDimension' in model) return model.embeddingDimension;
  if ('file' in model) {
    const { shape } = await openModelFile(model);
    return shape.reduce((product, size) => product * size, 1);
  }
  if (model.name === 'raw-pixels' && 'size' in dataset) return 3 * dataset.size ** 2;
  return featureShape(googlenet, 'pool5', 'centre').shape[0];
}
