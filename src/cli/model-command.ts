import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { deserialize } from 'node:v8';
import { withMetadata } from '../backends/onnxruntime/onnx-model.js';
import { checkKeptModel, type KeptModelCheck } from '../experiments/kept-model-check.js';
import { readSpecFile } from '../experiments/read-spec-file.js';
import { embeddingsPath, keptModelPath } from '../experiments/record-store.js';
import type { RunEmbeddings } from '../experiments/run-experiment.js';
import { parseRunSpec, type RunSpec, runId } from '../experiments/run-spec.js';
import { requireFreeOutputs } from '../files/planned-outputs.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';

/** Where an exported file says what it was checked against. */
const CHECK_KEY = 'angular-loss-kit.check';
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
  const check = await checkKeptModel(spec, kept, embeddingsOf(results, spec, id));
  if (!(check.difference <= TOLERANCE))
    throw new KitError(
      'unsupported-file',
      `The exported network gives other embeddings than the run: off by ${check.difference.toExponential(1)} of the largest number on ${check.pictures} test pictures, allowed are ${TOLERANCE}. Nothing was written.`,
    );
  const result = resultOf(check);
  writeFileWhole(out, withMetadata(readFileSync(kept), { [CHECK_KEY]: result }));
  process.stdout.write(`${out}: ${result}\n`);
}

function resultOf({ pictures, difference, rounding }: KeptModelCheck): string {
  const same = `checked on ${pictures} test pictures against the run's own embeddings, largest difference ${difference.toExponential(1)} of the largest number`;
  if (rounding === undefined) return `${same}.`;
  return `${same}, with maps of ${rounding.layer} rounded to float16 as the run kept them. The network itself rounds nothing, which moves embeddings by ${rounding.difference.toExponential(1)} of the largest number.`;
}

function embeddingsOf(results: string, { experiment }: RunSpec, id: string): RunEmbeddings {
  const path = embeddingsPath(results, experiment, id);
  if (!existsSync(path))
    throw new KitError(
      'invalid-argument',
      `The run's test embeddings, ${path}, are not there to check the network against. Train it again with --keep --force.`,
    );
  return deserialize(readFileSync(path)) as RunEmbeddings;
}
