import type { Estimate } from '../statistics/estimate.js';
import type { RunRecord } from '../types/run-record.js';
import { type MethodScores, methodScores, splitNote } from './method-scores.js';

export interface ScoreTables {
  readonly csv: string;
  readonly markdown: string;
}

/** `45.1 ± 0.6`; without an interval where there is one seed. */
export function formatEstimate({ mean, halfWidth }: Estimate): string {
  return halfWidth === null ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${halfWidth.toFixed(1)}`;
}

/** `partial: …` where the data behind any of the records is incomplete. */
export function partialNote(records: readonly RunRecord[]): string | null {
  return records.find((record) => record.data.partial !== null)?.data.partial ?? null;
}

/** What stands below a table: the split, and how complete the data is. */
function notes(records: readonly RunRecord[]): string[] {
  return [splitNote(records), partialNote(records)].filter((note) => note !== null);
}

/** The table for a terminal. */
export function summaryTable(records: readonly RunRecord[]): string {
  const [header, ...rows] = textRows(methodScores(records));
  if (rows.length === 0) return '(no evaluated runs)';
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column].length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ');
  return [
    line(header),
    widths.map((width) => '─'.repeat(width)).join('  '),
    ...rows.map(line),
    ...notes(records),
  ].join('\n');
}

/**
 * Mean ± 95% t-interval over seeds or folds, in percent. CSV holds mean and half-width in columns of their own, and a
 * column `data` where the data is partial; Markdown says so below the table.
 */
export async function scoreTables(records: readonly RunRecord[]): Promise<ScoreTables> {
  const rows = methodScores(records);
  const partial = partialNote(records);
  const { DataFrame, toCSV } = await import('danfojs-node');
  const frame = new DataFrame(
    rows.map((row) => ({
      method: csvText(row.name),
      seeds: row.seeds,
      ...(row.folds === null ? {} : { folds: row.folds }),
      ...Object.fromEntries(
        [...row.scores].flatMap(([name, { mean, halfWidth }]) => [
          [name, mean.toFixed(3)],
          [`${name} ±`, halfWidth === null ? '' : halfWidth.toFixed(3)],
        ]),
      ),
      ...(partial === null ? {} : { data: csvText(partial) }),
    })),
  );
  const [header, ...body] = textRows(rows);
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const markdown = [
    line(header),
    line(header.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...body.map(line),
  ].join('\n');
  return {
    csv: `${(toCSV(frame) as unknown as string).trim()}\n`,
    markdown: [markdown, ...notes(records).map((note) => `\n${note}`), ''].join('\n'),
  };
}

/** danfojs writes text as it is, commas and all. */
function csvText(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Header and one row a method, as text. */
function textRows(rows: readonly MethodScores[]): string[][] {
  const columns = [...(rows[0]?.scores.keys() ?? [])];
  const folded = rows.some((row) => row.folds !== null);
  return [
    ['Method', ...columns, 'Seeds', ...(folded ? ['Folds'] : [])],
    ...rows.map((row) => [
      row.name,
      ...columns.map((column) => formatEstimate(row.scores.get(column) as Estimate)),
      String(row.seeds),
      ...(folded ? [String(row.folds ?? '')] : []),
    ]),
  ];
}
