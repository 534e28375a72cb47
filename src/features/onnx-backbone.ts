import { float16Bits, float16Tensor } from '../backends/onnxruntime/float16-tensor.js';
import '../backends/onnxruntime/no-telemetry.js';
import { basename } from 'node:path';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { type OnnxFile, readOnnxFile } from '../backends/onnxruntime/onnx-file.js';
import { floatsToHalves, halvesToFloats } from '../files/half-float.js';
import { KitError } from '../kit-error.js';
import { SeededRandom } from '../seeded-random.js';
import {
  choosePreprocessing,
  type Preprocessing,
  type PreprocessingWanted,
  preprocessingFromText,
} from './preprocessing.js';

/** Where a model file says how pictures are prepared for it. */
export const PREPROCESSING_KEY = 'angular-loss-kit.preprocessing';

export interface OnnxBackboneChoice extends PreprocessingWanted {
  /** Name of the input that takes pictures; needed where several could. */
  readonly input?: string;
  /** What every number of another input is, by its name. */
  readonly inputValues?: Readonly<Record<string, number>>;
}

/** A network that another framework wrote as an ONNX file: pictures in, one row of numbers a picture out. */
export interface OnnxBackbone {
  readonly name: string;
  readonly path: string;
  /** SHA-256 of the file and of the files with its weights, hex. */
  readonly checksum: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly input: string;
  readonly preprocessing: Preprocessing;
  /** Pictures at once, where the file fixes it. */
  readonly batch?: number;
  /** The output taken, and its sizes for one picture. */
  readonly layer: string;
  readonly shape: readonly number[];
  /** What else names the features: values of other inputs. */
  readonly settings: string;
  /** @param planes pictures as planes, [count, 3, side, side] @returns rows, one after another */
  run(session: InferenceSession, planes: Float32Array): Promise<Float32Array>;
}

const WANTED =
  'Expected an ONNX model with an input of pictures, [n, 3, height, width] or [n, height, width, 3] of equal sides, in float32, float16 or uint8';

/**
 * Looks into an ONNX file by running it on two different pictures, together and each alone.
 *
 * @param layer name of an output; undefined where it has one
 * @throws KitError `unsupported-file` where onnxruntime can't load it, its input is none of pictures, its features depend on
 *   the other pictures of a batch, or are not finite; `invalid-argument` that lists outputs or inputs
 */
export async function openOnnxBackbone(
  path: string,
  layer: string | undefined,
  choice: OnnxBackboneChoice = {},
): Promise<OnnxBackbone> {
  const refuse = (what: string, cause?: unknown) =>
    new KitError('unsupported-file', `${path} ${what}. ${WANTED}.`, { cause });
  const onnx = await import('onnxruntime-node');
  let session: InferenceSession;
  let file: OnnxFile;
  try {
    file = readOnnxFile(path);
    session = await onnx.InferenceSession.create(path, { logSeverityLevel: 4 });
  } catch (error) {
    throw refuse(`can't be loaded (${(error as Error).message.split('\n')[0]})`, error);
  }
  try {
    const output = outputOf(session, path, layer);
    const input = inputOf(session, path, choice.input, refuse);
    const others = otherInputs(session, path, input.name, choice.inputValues ?? {}, onnx.Tensor);
    const isChosen = choice.preprocess !== undefined || choice.preprocessing !== undefined;
    const said = isChosen ? undefined : file.metadata[PREPROCESSING_KEY];
    const own = preprocessingFromText(said);
    if (said !== undefined && own === undefined)
      throw new KitError(
        'unsupported-file',
        `${path} says how pictures are prepared for it in a way that this version does not know: ${said.slice(0, 80)}. Say it with --preprocess torchvision, caffe, clip or the path of a timm config.json.`,
      );
    const preprocessing = choosePreprocessing(
      input.type === 'uint8' && choice.preprocessing === undefined
        ? { std: [1 / 255, 1 / 255, 1 / 255], mean: [0, 0, 0], ...choice }
        : choice,
      input.side,
      own,
    );
    const side = preprocessing.crop;
    const tensorOf = (planes: Float32Array) => toTensor(planes, side, input, onnx.Tensor);
    const feed = async (planes: Float32Array, of: InferenceSession) => {
      const outputs = await of.run({ ...others, [input.name]: tensorOf(planes) }, [output]);
      return outputs[output];
    };
    const probe = async (planes: Float32Array) => {
      try {
        return await feed(planes, session);
      } catch (error) {
        throw new ProbeFailure((error as Error).message.split('\n')[0], { cause: error });
      }
    };
    const [one, two] = [true, false].map((dark) => probePicture(preprocessing, dark));
    const found = await probeOf(probe, [one, two], input.batch, (what, cause) =>
      refuse(`${what} at "${output}"`, cause),
    );
    return {
      name: basename(path),
      path,
      ...file,
      input: input.name,
      preprocessing,
      ...(found.batch === undefined ? {} : { batch: found.batch }),
      layer: output,
      shape: found.shape,
      settings: JSON.stringify([preprocessing, input.name, choice.inputValues ?? {}]),
      run: async (of, planes) => toFloats(await feed(planes, of)),
    };
  } finally {
    await session.release();
  }
}

class ProbeFailure extends Error {}

/** Noise as it comes out of the preprocessing, `dark` below the middle of the range, else above. */
function probePicture({ crop, mean, deviation }: Preprocessing, dark: boolean): Float32Array {
  const random = new SeededRandom(dark ? 'dark' : 'bright');
  const pixels = crop * crop;
  return Float32Array.from({ length: 3 * pixels }, (_, i) => {
    const plane = Math.floor(i / pixels);
    return (random.integer(128) + (dark ? 0 : 128) - mean[plane]) / deviation[plane];
  });
}

type Refuse = (what: string, cause?: unknown) => KitError;

async function probeOf(
  run: (planes: Float32Array) => Promise<Tensor>,
  [one, two]: readonly Float32Array[],
  fixed: number | undefined,
  refuse: Refuse,
): Promise<{ shape: readonly number[]; batch?: number }> {
  const count = fixed ?? 1;
  const repeated = (pictures: readonly Float32Array[], n: number) => {
    const planes = new Float32Array(n * one.length);
    for (let i = 0; i < n; i++) planes.set(pictures[i % pictures.length], i * one.length);
    return planes;
  };
  let alone: Tensor[];
  try {
    alone = [await run(repeated([one], count)), await run(repeated([two], count))];
  } catch (error) {
    throw refuse(`does not run (${(error as Error).message})`, error);
  }
  const [first] = alone;
  if (!['float32', 'float16', 'float64'].includes(first.type)) throw refuse(`gives ${first.type}`);
  // Squeezed graphs lose the axis of the batch with one picture.
  const { dims } = first;
  const perPicture = first.size / count;
  const shape =
    dims.length > 0 && dims[0] === count
      ? dims.slice(1)
      : count === 1 && dims.length === 1
        ? dims
        : undefined;
  if (shape === undefined || !Number.isInteger(perPicture) || perPicture < 1 || first.size === 0)
    throw refuse(
      `gives [${dims.join(', ')}] for ${count} picture${count === 1 ? '' : 's'}, not a row a picture`,
    );
  const rows = alone.map((tensor) => toFloats(tensor).slice(0, perPicture));
  for (const row of rows)
    if (row.some((value) => !Number.isFinite(value)))
      throw refuse('gives features that are not finite numbers (NaN or infinite)');
  // Judged last: what depends on the batch may be nothing but zeros alone.
  const accepted = (batch: number | undefined) => {
    if (near(rows[0], rows[1])) throw refuse('gives two different pictures the same features');
    return batch === undefined ? { shape } : { shape, batch };
  };
  if (!near(toFloats(await run(repeated([one], count))).slice(0, perPicture), rows[0]))
    throw refuse(
      'gives a picture other features each time: dropout or noise is on; export it after model.eval()',
    );
  if (fixed !== undefined && fixed > 1) {
    const mixed = toFloats(await run(repeated([one, two], fixed)));
    if (!near(mixed.slice(0, perPicture), rows[0]) || !near(mixed.slice(perPicture, 2 * perPicture), rows[1]))
      throw refuse(DEPENDS);
    return accepted(fixed);
  }
  if (fixed === 1) return accepted(1);
  let together: Tensor;
  try {
    together = await run(repeated([one, two], 2));
  } catch {
    // The batch that the file leaves open is fixed inside, as in a Reshape to [1, …].
    return accepted(1);
  }
  if (together.size !== 2 * perPicture)
    throw refuse(`gives [${together.dims.join(', ')}] for two pictures and [${dims.join(', ')}] for one`);
  const both = toFloats(together);
  const folded = together.dims[0] !== 2;
  if (near(both.slice(0, perPicture), rows[0]) && near(both.slice(perPicture), rows[1]))
    return accepted(folded ? 1 : undefined);
  if (folded) return accepted(1);
  throw refuse(DEPENDS);
}

const DEPENDS =
  'gives a picture other features beside another one than alone: it was exported in training mode, or mixes the pictures of a batch; export it after model.eval()';

/** To 1e-3 of the largest value: kernels of different batch sizes sum in another order. */
function near(a: Float32Array, b: Float32Array): boolean {
  const scale = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.every((value, i) => Math.abs(value - b[i]) <= 1e-3 * scale + 1e-6);
}

function outputOf(session: InferenceSession, path: string, layer: string | undefined): string {
  const { outputNames } = session;
  if (layer === undefined && outputNames.length === 1) return outputNames[0];
  if (layer !== undefined && outputNames.includes(layer)) return layer;
  const problem = layer === undefined ? 'has several outputs' : `has no output "${layer}"; it has`;
  throw new KitError(
    'invalid-argument',
    `${path} ${problem} ${outputNames.join(', ')}. Name one with --layer.`,
  );
}

interface PictureInput {
  readonly name: string;
  readonly type: 'float32' | 'float16' | 'uint8';
  readonly channelsLast: boolean;
  readonly side: number | undefined;
  readonly batch: number | undefined;
}

function inputOf(
  session: InferenceSession,
  path: string,
  wanted: string | undefined,
  refuse: Refuse,
): PictureInput {
  const all = session.inputMetadata;
  const describe = (input: (typeof all)[number]) =>
    `${input.name}: ${input.isTensor ? `${input.type} [${input.shape.map(sizeText).join(', ')}]` : 'no tensor'}`;
  if (wanted !== undefined && !all.some(({ name }) => name === wanted))
    throw new KitError(
      'invalid-argument',
      `${path} has no input "${wanted}"; it has ${all.map(({ name }) => name).join(', ')}.`,
    );
  const candidates = all.filter(({ name }) => wanted === undefined || name === wanted);
  const usable = candidates.flatMap((input) => pictureInput(input) ?? []);
  if (usable.length === 1) return usable[0];
  if (usable.length > 1)
    throw new KitError(
      'invalid-argument',
      `${path} has several inputs that could be pictures, ${usable.map(({ name }) => name).join(', ')}. Name one with --input.`,
    );
  throw refuse(`takes ${candidates.map(describe).join(' and ')}`);
}

const sizeText = (size: number | string) => (size === '' || size === -1 ? '?' : String(size));

function pictureInput(input: InferenceSession['inputMetadata'][number]): PictureInput | undefined {
  if (!input.isTensor || input.shape.length !== 4) return undefined;
  const { name, type, shape } = input;
  if (type !== 'float32' && type !== 'float16' && type !== 'uint8') return undefined;
  const sizes = shape.map((size) => (typeof size === 'number' && size > 0 ? size : undefined));
  const channelsLast = sizes[3] === 3 && sizes[1] !== 3;
  const [batch, channels, height, width] = channelsLast ? [sizes[0], sizes[3], sizes[1], sizes[2]] : sizes;
  if (channels !== undefined && channels !== 3) return undefined;
  if (height !== undefined && width !== undefined && height !== width) return undefined;
  return { name, type, channelsLast, side: height ?? width, batch };
}

function otherInputs(
  session: InferenceSession,
  path: string,
  pictures: string,
  values: Readonly<Record<string, number>>,
  tensor: typeof Tensor,
): Record<string, Tensor> {
  const unknown = Object.keys(values).find((name) => name === pictures || !session.inputNames.includes(name));
  if (unknown !== undefined)
    throw new KitError(
      'invalid-argument',
      `${path} has no other input "${unknown}"; it has ${session.inputNames.join(', ')}.`,
    );
  const others: Record<string, Tensor> = {};
  for (const input of session.inputMetadata) {
    if (input.name === pictures) continue;
    const value = values[input.name];
    if (value === undefined)
      throw new KitError(
        'invalid-argument',
        `${path} has ${session.inputNames.length} inputs; beside the pictures (${pictures}) it wants "${input.name}". Say what all its numbers are with --input-value ${input.name}=0, or export the part that takes pictures alone.`,
      );
    if (!input.isTensor)
      throw new KitError('unsupported-file', `${path}: the input "${input.name}" is no tensor.`);
    const dims = input.shape.map((size) => (typeof size === 'number' && size > 0 ? size : 1));
    const length = dims.reduce((product, size) => product * size, 1);
    others[input.name] =
      input.type === 'int64'
        ? new tensor('int64', new BigInt64Array(length).fill(BigInt(Math.round(value))), dims)
        : input.type === 'bool'
          ? new tensor('bool', new Uint8Array(length).fill(value), dims)
          : new tensor('float32', new Float32Array(length).fill(value), dims);
  }
  return others;
}

function toTensor(
  planes: Float32Array,
  side: number,
  { type, channelsLast }: PictureInput,
  tensor: typeof Tensor,
): Tensor {
  const count = planes.length / (3 * side * side);
  const values = channelsLast ? interleaved(planes, side * side) : planes;
  const dims = channelsLast ? [count, side, side, 3] : [count, 3, side, side];
  switch (type) {
    case 'float32':
      return new tensor('float32', values, dims);
    case 'float16':
      return float16Tensor(tensor, floatsToHalves(values), dims);
    case 'uint8':
      return new tensor(
        'uint8',
        Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value)))),
        dims,
      );
  }
}

function interleaved(planes: Float32Array, pixels: number): Float32Array {
  const values = new Float32Array(planes.length);
  for (let at = 0, i = 0; at < planes.length; at += 3 * pixels)
    for (let pixel = 0; pixel < pixels; pixel++)
      for (let channel = 0; channel < 3; channel++) values[i++] = planes[at + channel * pixels + pixel];
  return values;
}

function toFloats(tensor: Tensor): Float32Array {
  const { type, data } = tensor;
  if (type === 'float16') return halvesToFloats(float16Bits(tensor));
  return type === 'float64' ? Float32Array.from(data as Float64Array) : (data as Float32Array);
}
