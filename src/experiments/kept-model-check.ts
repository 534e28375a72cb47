import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withValueInHalf } from '../backends/onnxruntime/onnx-model.js';
import { embedPictures } from '../features/embed-pictures.js';
import { featureShape } from '../features/extract-features.js';
import { openOnnxBackbone } from '../features/onnx-backbone.js';
import { googlenet } from '../models/googlenet.js';
import { layerName } from '../models/network.js';
import type { RgbImage } from '../types/image-set.js';
import { FROZEN_LAYER, loadExperimentData } from './experiment-data.js';
import type { RunEmbeddings } from './run-experiment.js';
import type { RunSpec } from './run-spec.js';

const CHECKED = 32;

/** Differences are the largest of any number of an embedding, as a share of the largest number. */
export interface KeptModelCheck {
  /** Test pictures that were compared. */
  readonly pictures: number;
  /** Between the network, given what the run was given, and the run's own embeddings. */
  readonly difference: number;
  /**
   * Where the run took maps that are kept in float16: their layer, and how far its embeddings are from those of the network
   * as it is, which rounds nothing.
   */
  readonly rounding?: { readonly layer: string; readonly difference: number };
}

/** Compares a kept network with the embeddings that its run left of the test pictures, on some of the pictures themselves. */
export async function checkKeptModel(
  spec: RunSpec,
  model: string,
  embeddings: RunEmbeddings,
): Promise<KeptModelCheck> {
  const { images } = await loadExperimentData(spec);
  const apart = Math.ceil(embeddings.itemIndices.length / CHECKED);
  const rows = [...embeddings.itemIndices.keys()].filter((row) => row % apart === 0);
  const pictures = await Promise.all(rows.map((row) => images.read(embeddings.itemIndices[row])));
  const asItIs = differenceFrom(embeddings, rows, await embed(model, pictures));
  const layer = layerInHalf(spec);
  if (layer === undefined) return { pictures: rows.length, difference: asItIs };
  const folder = mkdtempSync(join(tmpdir(), 'kit-rounded-'));
  try {
    const rounded = join(folder, 'model.onnx');
    writeFileSync(rounded, withValueInHalf(readFileSync(model), layer));
    const difference = differenceFrom(embeddings, rows, await embed(rounded, pictures));
    return { pictures: rows.length, difference, rounding: { layer, difference: asItIs } };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The layer under what was trained, where its maps were kept in float16. */
function layerInHalf({ model }: RunSpec): string | undefined {
  if (model.name !== 'googlenet' || model.trains === 'all') return undefined;
  const layer = FROZEN_LAYER[model.trains];
  return featureShape(googlenet, layer, model.view).half ? layerName(googlenet, layer) : undefined;
}

async function embed(model: string, pictures: readonly RgbImage[]): Promise<Float32Array> {
  return embedPictures(await openOnnxBackbone(model, undefined), pictures);
}

function differenceFrom(
  { vectors, dimension }: RunEmbeddings,
  rows: readonly number[],
  found: Float32Array,
): number {
  let [largest, scale] = [0, 0];
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < dimension; j++) {
      const expected = vectors[row * dimension + j];
      scale = Math.max(scale, Math.abs(expected));
      largest = Math.max(largest, Math.abs(found[i * dimension + j] - expected));
    }
  }
  return largest / scale;
}
