import '../backends/onnxruntime/no-telemetry.js';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import { KitError } from '../kit-error.js';

/** A network that another framework wrote as an ONNX file: pictures in, one row of numbers a picture out. */
export interface OnnxBackbone {
  readonly name: string;
  readonly path: string;
  /** SHA-256 of the file, hex. */
  readonly checksum: string;
  readonly input: string;
  /** Pixels of a side that the file asks for; 224 where it leaves that open. */
  readonly side: number;
  /** Pictures at once, where the file fixes it. */
  readonly batch?: number;
  /** The output taken, and its sizes for one picture. */
  readonly layer: string;
  readonly shape: readonly number[];
}

const USUAL_SIDE = 224;

/**
 * Looks into an ONNX file by running it on one black picture.
 *
 * @param layer name of an output
 * @throws KitError `unsupported-file` where onnxruntime can't load it or its input is not [n, 3, side, side] of float32;
 *   `invalid-argument` that lists the outputs
 */
export async function openOnnxBackbone(path: string, layer: string): Promise<OnnxBackbone> {
  const refuse = (what: string, cause?: unknown) =>
    new KitError(
      'unsupported-file',
      `${path} ${what}. Expected an ONNX model of one float32 input, [n, 3, height, width] of equal sides.`,
      { cause },
    );
  const onnx = await import('onnxruntime-node');
  let session: InferenceSession;
  let checksum: string;
  try {
    // Not by path: weights in files beside it would not be in the checksum that names its features.
    const file = readFileSync(path);
    checksum = createHash('sha256').update(file).digest('hex');
    session = await onnx.InferenceSession.create(file);
  } catch (error) {
    throw refuse(`can't be loaded (${(error as Error).message.split('\n')[0]})`, error);
  }
  try {
    const [input, ...others] = session.inputMetadata;
    if (others.length > 0) throw refuse(`has ${others.length + 1} inputs`);
    if (!input.isTensor || input.type !== 'float32' || input.shape.length !== 4)
      throw refuse(`takes ${input.isTensor ? `${input.type} [${input.shape.join(', ')}]` : 'no tensor'}`);
    const [n, channels, height, width] = input.shape;
    if (channels !== 3 || (height !== width && typeof height === 'number' && typeof width === 'number'))
      throw refuse(`takes [${input.shape.join(', ')}]`);
    if (!session.outputNames.includes(layer)) {
      throw new KitError(
        'invalid-argument',
        `${path} has no output "${layer}"; it has ${session.outputNames.join(', ')}. Name one with --layer.`,
      );
    }
    const side = [height, width].find((size) => typeof size === 'number' && size > 0) ?? USUAL_SIDE;
    const fixed = typeof n === 'number' && n > 0 ? { batch: n } : {};
    const count = fixed.batch ?? 1;
    const black = new Float32Array(count * 3 * Number(side) ** 2);
    const outputs = await session
      .run({ [input.name]: new onnx.Tensor('float32', black, [count, 3, Number(side), Number(side)]) }, [
        layer,
      ])
      .catch((error: unknown) => {
        throw refuse(`does not run (${(error as Error).message.split('\n')[0]})`, error);
      });
    const { type, dims } = outputs[layer];
    if (type !== 'float32' || dims[0] !== count)
      throw refuse(`gives ${type} [${dims.join(', ')}] at "${layer}" for ${count} pictures`);
    return {
      name: basename(path),
      path,
      checksum,
      input: input.name,
      side: Number(side),
      ...fixed,
      layer,
      shape: dims.slice(1),
    };
  } finally {
    await session.release();
  }
}
