import { join } from 'node:path';
import { z } from 'zod';
import { projectRoot } from '../experiments/environment.js';
import { readSpecFile } from '../experiments/read-spec-file.js';
import { parseWith } from '../experiments/run-spec.js';
import type { RunRecord } from '../types/run-record.js';
import { markdownTable } from './markdown-table.js';
import { methodScores } from './method-scores.js';

const publishedValue = z.strictObject({
  dataset: z.enum(['cub-200', 'cars-196', 'online-products']),
  /** The loss of a spec that this row is of; null where the source does not say, or the kit has none. */
  loss: z.string().nullable(),
  /** As the source names it. */
  method: z.string(),
  /** A column of the kit's tables. */
  score: z.string().regex(/^(R@\d+|NMI|AMI|F1|MAP@R)$/),
  /** In percent. */
  value: z.number().min(0).max(100),
  /** Where in the source: table, page, picture. */
  table: z.string(),
  source: z.string(),
  /** `read` in the source that measured it, `secondary` in a table of others, `rounded` by whoever printed it. */
  status: z.enum(['read', 'secondary', 'rounded']),
  /** Network, dimension and what else decides. */
  protocol: z.string(),
  note: z.string().optional(),
});
export type PublishedValue = Readonly<z.infer<typeof publishedValue>>;

/**
 * What others published, a value a line; whoever has a source adds one.
 *
 * @param path default `results/published.json`
 * @throws KitError `invalid-spec` naming the entry and the fault
 */
export function readPublishedValues(path = join(projectRoot, 'results', 'published.json')): PublishedValue[] {
  return parseWith(z.array(publishedValue), readSpecFile(path), path);
}

export interface CellComparison {
  readonly published: PublishedValue;
  readonly ours: string;
  readonly finding: 'same within interval' | 'differs' | 'not comparable';
  readonly reason: string;
}

/** Our rows beside published values of the same data set, loss and score, each cell with why it may not be compared. */
export function compareWithPublished(
  records: readonly RunRecord[],
  published: readonly PublishedValue[],
): CellComparison[] {
  return methodScores(records).flatMap((row) => {
    const [record] = records.filter(({ method }) => method === row.method);
    const spec = record.spec as { dataset?: { name: string }; loss: { name: string } | null };
    const dataset = spec.dataset?.name.replace(/-crops$/, '');
    return published
      .filter(
        (value) => value.dataset === dataset && value.loss === spec.loss?.name && row.scores.has(value.score),
      )
      .map((value): CellComparison => {
        const { mean, halfWidth } = row.scores.get(value.score) as { mean: number; halfWidth: number | null };
        const ours = `${row.name}: ${mean.toFixed(1)}${halfWidth === null ? '' : ` ± ${halfWidth.toFixed(1)}`}`;
        const obstacles = whyNotComparable(record, value);
        const cell = { published: value, ours };
        if (obstacles.length > 0) return { ...cell, finding: 'not comparable', reason: obstacles.join('; ') };
        if (halfWidth === null)
          return { ...cell, finding: 'not comparable', reason: 'one run of ours, no interval' };
        const gap = mean - value.value;
        return Math.abs(gap) <= halfWidth
          ? { ...cell, finding: 'same within interval', reason: '' }
          : {
              ...cell,
              finding: 'differs',
              reason: `${gap > 0 ? '+' : '−'}${Math.abs(gap).toFixed(1)} points`,
            };
      });
  });
}

function whyNotComparable({ spec, data }: RunRecord, { protocol, status }: PublishedValue): string[] {
  const model = spec.model as { name: string; trains?: string; embeddingDimension?: number };
  const split = spec.split as { name?: string };
  return [
    ...(data.partial === null ? [] : [`ours is ${data.partial}`]),
    ...((spec.dataset as { name: string }).name === 'cub-200-crops' ? ['ours are crops'] : []),
    ...(split.name === 'paper' ? [] : ['ours is another split']),
    ...(model.name.startsWith('onnx') ? ['ours is another network'] : []),
    ...(protocol.startsWith('GoogLeNet') ? [] : [`theirs is ${protocol}`]),
    ...(model.name === 'googlenet' && model.trains === 'all' ? [] : ['ours trains a part of the network']),
    ...(protocol.includes(`${model.embeddingDimension}-d`)
      ? []
      : [`ours has ${model.embeddingDimension} dimensions`]),
    ...(status === 'rounded' ? ['theirs is rounded'] : []),
  ];
}

export const PUBLISHED_HEADER = ['Score', 'Published', 'Source', 'Status', 'Ours', 'Finding', 'Why'];

/** A row for each cell that was published of a loss that the records hold, in the columns of the header. */
export function publishedRows(records: readonly RunRecord[]): string[][] {
  return compareWithPublished(records, readPublishedValues()).map(
    ({ published: { dataset, score, method, value, source, table, status }, ours, finding, reason }) => [
      `${dataset} ${score}`,
      `${method}: ${value}`,
      `${source}, ${table}`,
      status,
      ours,
      finding,
      reason,
    ],
  );
}

/** Published values beside ours, as Markdown. */
export function publishedTable(records: readonly RunRecord[]): string {
  return markdownTable(PUBLISHED_HEADER, publishedRows(records));
}
