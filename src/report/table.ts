import type { RunRecord } from '../types/run-record.js';
import { type Estimate, type MethodScores, methodScores } from './method-scores.js';

export interface ScoreTables {
  readonly csv: string;
  readonly markdown: string;
}

/** `45.1 ± 0.6`; without an interval where there is one seed. */
export function formatEstimate({ mean, halfWidth }: Estimate): string {
  return halfWidth === null ? mean.toFixed(1) : `${mean.toFixed(1)} ± ${halfWidth.toFixed(1)}`;
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
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** Mean ± 95% t-interval over seeds, in percent. CSV holds mean and half-width in columns of their own. */
export async function scoreTables(records: readonly RunRecord[]): Promise<ScoreTables> {
  const rows = methodScores(records);
  const { DataFrame, toCSV } = await import('danfojs-node');
  const frame = new DataFrame(
    rows.map((row) => ({
      method: row.method,
      seeds: row.seeds,
      ...Object.fromEntries(
        [...row.scores].flatMap(([name, { mean, halfWidth }]) => [
          [name, mean.toFixed(3)],
          [`${name} ±`, halfWidth === null ? '' : halfWidth.toFixed(3)],
        ]),
      ),
    })),
  );
  const [header, ...body] = textRows(rows);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const markdown = [
    line(header),
    line(header.map((_, i) => (i === 0 ? '---' : '---:'))),
    ...body.map(line),
  ].join('\n');
  return { csv: `${(toCSV(frame) as unknown as string).trim()}\n`, markdown: `${markdown}\n` };
}

/** Header and one row a method, as text. */
export function textRows(rows: readonly MethodScores[]): string[][] {
  const columns = [...(rows[0]?.scores.keys() ?? [])];
  return [
    ['Method', ...columns, 'Seeds'],
    ...rows.map((row) => [
      row.method,
      ...columns.map((column) => formatEstimate(row.scores.get(column) as Estimate)),
      String(row.seeds),
    ]),
  ];
}
