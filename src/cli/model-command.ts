import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { deserialize } from 'node:v8';
import { loadExperimentData } from '../experiments/experiment-data.js';
import { readSpecFile } from '../experiments/read-spec-file.js';
import { embeddingsPath, keptModelPath } from '../experiments/record-store.js';
import type { RunEmbeddings } from '../experiments/run-experiment.js';
import { parseRunSpec, runId } from '../experiments/run-spec.js';
import { embedPictures } from '../features/embed-pictures.js';
import { openOnnxBackbone } from '../features/onnx-backbone.js';
import { requireFreeOutputs } from '../files/planned-outputs.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';

const CHECKED = 32;
/** Of the largest number of an embedding. */
const TOLERANCE = 1e-4;

/** `kit model export`: the kept network of a run as an ONNX file, checked against the embeddings of the run itself. */
export async function modelExportCommand(
  record: string,
  { out, force }: { readonly out: string; readonly force?: boolean },
): Promise<void> {
  if (!existsSync(record))
    throw new KitError(
      'invalid-argument',
      `There is no record ${record}; name a run's record, results/runs/…/ID.json.`,
    );
  const spec = parseRunSpec(readSpecFile(record), record);
  const results = dirname(dirname(dirname(record)));
  const id = runId(spec);
  const kept = keptModelPath(results, spec.experiment, id);
  if (!existsSync(kept)) {
    throw new KitError(
      'invalid-argument',
      `The network of ${basename(record)} was not kept: there is no ${kept}. Train it again with kit train ${record} --keep --force.`,
    );
  }
  await requireFreeOutputs({
    inputs: [record, kept],
    outputs: [{ path: out, isEarlierResult: () => false }],
    force,
  });
  const { checked, largest } = await compare(spec, kept, embeddingsPath(results, spec.experiment, id));
  if (!(largest <= TOLERANCE))
    throw new KitError(
      'unsupported-file',
      `The exported network gives other embeddings than the run: off by ${largest.toExponential(1)} of the largest number on ${checked} test pictures, allowed are ${TOLERANCE}. Nothing was written.`,
    );
  writeFileWhole(out, readFileSync(kept));
  process.stdout.write(
    `${out}: checked on ${checked} test pictures against the run's own embeddings, largest difference ${largest.toExponential(1)} of the largest number.\n`,
  );
}

async function compare(
  spec: ReturnType<typeof parseRunSpec>,
  model: string,
  embeddings: string,
): Promise<{ checked: number; largest: number }> {
  if (!existsSync(embeddings))
    throw new KitError(
      'invalid-argument',
      `The run's test embeddings, ${embeddings}, are not there to check the network against. Train it again with --keep --force.`,
    );
  const table = deserialize(readFileSync(embeddings)) as RunEmbeddings;
  const { images } = await loadExperimentData(spec);
  const rows = [...table.itemIndices.keys()].filter(
    (row) => row % Math.ceil(table.itemIndices.length / CHECKED) === 0,
  );
  const onnx = await openOnnxBackbone(model, undefined);
  const found = await embedPictures(
    onnx,
    await Promise.all(rows.map((row) => images.read(table.itemIndices[row]))),
  );
  let [largest, scale] = [0, 0];
  for (const [i, row] of rows.entries()) {
    for (let j = 0; j < table.dimension; j++) {
      const expected = table.vectors[row * table.dimension + j];
      scale = Math.max(scale, Math.abs(expected));
      largest = Math.max(largest, Math.abs(found[i * table.dimension + j] - expected));
    }
  }
  return { checked: rows.length, largest: largest / scale };
}
