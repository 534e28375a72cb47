import '../backends/onnxruntime/no-telemetry.js';
import type { RgbImage } from '../types/image-set.js';
import { picturesAtOnce } from './extract-features.js';
import type { OnnxBackbone } from './onnx-backbone.js';
import { writePreprocessed } from './preprocessing.js';

/** Rows of a few pictures in memory, one after another; nothing is cached. */
export async function embedPictures(
  onnx: OnnxBackbone,
  pictures: readonly RgbImage[],
): Promise<Float32Array> {
  const { InferenceSession } = await import('onnxruntime-node');
  const session = await InferenceSession.create(onnx.path);
  const { crop } = onnx.preprocessing;
  const length = 3 * crop * crop;
  const width = onnx.shape.reduce((product, size) => product * size, 1);
  const rows = new Float32Array(pictures.length * width);
  const atOnce = onnx.batch ?? picturesAtOnce(length);
  try {
    for (let start = 0; start < pictures.length; start += atOnce) {
      const group = pictures.slice(start, start + atOnce);
      const planes = new Float32Array((onnx.batch ?? group.length) * length);
      await Promise.all(
        group.map((picture, i) =>
          writePreprocessed(
            picture,
            'centre',
            '',
            onnx.preprocessing,
            planes.subarray(i * length, (i + 1) * length),
          ),
        ),
      );
      const values = await onnx.run(session, planes);
      rows.set(values.subarray(0, group.length * width), start * width);
    }
  } finally {
    await session.release();
  }
  return rows;
}
