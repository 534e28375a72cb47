import type { RunRecord } from '../types/run-record.js';
import { CONVERGENCE_COLUMN, scoreOf } from './comparison.js';
import { markdownTable } from './markdown-table.js';

/**
 * How fast each loss learns with each setting: validation Recall@1 in percent, mean over the steps; in bold the best of a
 * loss. A row a setting, a column a loss.
 *
 * @param records one a loss and setting, their methods named `loss · setting`
 */
export function convergenceTable(records: readonly RunRecord[]): string {
  const runs = records.map((record) => {
    const [loss, setting = ''] = record.method.split(' · ');
    return { loss, setting, value: scoreOf(record, CONVERGENCE_COLUMN) ?? Number.NaN };
  });
  const losses = [...new Set(runs.map(({ loss }) => loss))].sort();
  const settings = [...new Set(runs.map(({ setting }) => setting))].sort();
  const best = new Map(
    losses.map((loss) => [
      loss,
      Math.max(...runs.filter((run) => run.loss === loss).map((run) => run.value)),
    ]),
  );
  const cell = (loss: string, setting: string) => {
    const run = runs.find((one) => one.loss === loss && one.setting === setting);
    if (run === undefined) return '';
    const text = run.value.toFixed(1);
    return run.value === best.get(loss) ? `**${text}**` : text;
  };
  return markdownTable(
    ['Validation R@1, mean over the steps', ...losses],
    settings.map((setting) => [setting, ...losses.map((loss) => cell(loss, setting))]),
  );
}
