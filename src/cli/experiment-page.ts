import { existsSync, readFileSync } from 'node:fs';
import { deserialize } from 'node:v8';
import { bestValidationRecallAt1 } from '../experiments/best-validation.js';
import { loadExperimentData } from '../experiments/experiment-data.js';
import type { Experiment } from '../experiments/experiment-file.js';
import { embeddingsPath } from '../experiments/record-store.js';
import type { RunEmbeddings } from '../experiments/run-experiment.js';
import type { RunSpec } from '../experiments/run-spec.js';
import { writeReport } from '../report/page.js';
import type { RunRecord } from '../types/run-record.js';

/** Tables, figures and page of an experiment from its records. @returns the page's path */
export async function writeExperimentPage(
  experiment: Pick<Experiment, 'name' | 'title' | 'description'>,
  records: readonly RunRecord[],
  results: string,
): Promise<string> {
  const best = bestTrainedRun(records.filter((r) => existsSync(embeddingsPath(results, r.experiment, r.id))));
  const embeddings =
    best && (deserialize(readFileSync(embeddingsPath(results, best.experiment, best.id))) as RunEmbeddings);
  const pictures = best &&
    embeddings && {
      images: (await loadExperimentData(best.spec as RunSpec)).images,
      embeddings,
      itemIndices: embeddings.itemIndices,
      record: best,
    };
  return writeReport({ resultsDirectory: results, experiments: [{ ...experiment, records, pictures }] });
}

/** First seed of the method with the best mean validation Recall@1: chosen without the test classes. */
function bestTrainedRun(records: readonly RunRecord[]): RunRecord | undefined {
  const meanOf = (method: string) => {
    const values = records.filter((record) => record.method === method).map(bestValidationRecallAt1);
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return records
    .filter((record) => record.chosenStep > 0)
    .sort((a, b) => meanOf(b.method) - meanOf(a.method) || a.seed - b.seed)[0];
}
