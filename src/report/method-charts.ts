import { mean } from 'simple-statistics';
import type { RunRecord } from '../types/run-record.js';
import { type ChartSpec, METHOD_COLOURS } from './chart.js';
import { type Estimate, methodScores } from './method-scores.js';

/** Recall@1 on unseen classes by method: mean, 95% interval and every seed. */
export function recallChart(records: readonly RunRecord[], subtitle: string): ChartSpec {
  const rows = methodScores(records);
  const values = rows.flatMap(({ method, trained, scores }) => {
    const recall = scores.get('R@1') as Estimate;
    return recall.values.map((value) => ({
      method,
      kind: trained ? 'trained' : 'baseline',
      value,
      mean: recall.mean,
      low: recall.mean - (recall.halfWidth ?? 0),
      high: recall.mean + (recall.halfWidth ?? 0),
    }));
  });
  const y = {
    field: 'method',
    type: 'nominal',
    sort: { field: 'mean', order: 'descending' },
    title: null,
  } as const;
  const colour = {
    field: 'kind',
    type: 'nominal',
    scale: { domain: ['trained', 'baseline'], range: [METHOD_COLOURS[0], METHOD_COLOURS[6]] },
    legend: null,
  } as const;
  return {
    title: { text: 'Recall@1 on unseen classes', subtitle },
    width: 520,
    height: { step: 34 },
    data: { values },
    encoding: { y, color: colour },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 3, opacity: 0.45 },
        encoding: {
          x: {
            field: 'low',
            type: 'quantitative',
            title: 'Recall@1, % (dots: seeds; bar: 95% interval of the mean)',
            scale: { zero: false },
          },
          x2: { field: 'high' },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 38, opacity: 0.8 },
        encoding: { x: { field: 'value', type: 'quantitative' } },
      },
      {
        mark: { type: 'tick', thickness: 3, size: 18 },
        encoding: { x: { field: 'mean', type: 'quantitative' } },
      },
      {
        transform: [{ aggregate: [{ op: 'mean', field: 'mean', as: 'mean' }], groupby: ['method', 'kind'] }],
        mark: { type: 'text', dy: -14, fontSize: 11 },
        encoding: {
          x: { field: 'mean', type: 'quantitative' },
          text: { field: 'mean', type: 'quantitative', format: '.1f' },
        },
      },
    ],
  };
}

/** Validation Recall@1 over the steps, mean over seeds, a line a method. */
export function curveChart(records: readonly RunRecord[], subtitle: string): ChartSpec {
  const trained = records.filter((record) => record.curve.length > 1);
  const methods = [...new Set(trained.map((record) => record.method))];
  const values = methods.flatMap((method) => {
    const own = trained.filter((record) => record.method === method);
    return own[0].curve.map(({ step }, i) => ({
      method,
      step,
      recall: 100 * mean(own.map((record) => record.curve[i].validationRecallAt1)),
    }));
  });
  const colour = {
    field: 'method',
    type: 'nominal',
    scale: { domain: methods, range: [...METHOD_COLOURS] },
    title: null,
  } as const;
  return {
    title: { text: 'Recall@1 on the validation classes while training', subtitle },
    width: 520,
    height: 320,
    data: { values },
    mark: { type: 'line', strokeWidth: 2.5, point: { size: 24 } },
    encoding: {
      x: { field: 'step', type: 'quantitative', title: 'step' },
      y: { field: 'recall', type: 'quantitative', title: 'Recall@1, %', scale: { zero: false } },
      color: colour,
    },
  };
}

/** Recall@K against K, mean over seeds, a line a method. */
export function recallAtKChart(records: readonly RunRecord[], subtitle: string): ChartSpec {
  const rows = methodScores(records);
  const values = rows.flatMap(({ method, scores }) =>
    [...scores]
      .filter(([name]) => name.startsWith('R@'))
      .map(([name, { mean: recall }]) => ({ method, k: Number(name.slice(2)), recall })),
  );
  const methods = rows.map((row) => row.method).reverse();
  return {
    title: { text: 'Recall@K on unseen classes', subtitle },
    width: 520,
    height: 320,
    data: { values },
    mark: { type: 'line', strokeWidth: 2.5, point: { size: 30 } },
    encoding: {
      x: { field: 'k', type: 'ordinal', title: 'K', axis: { labelAngle: 0 } },
      y: { field: 'recall', type: 'quantitative', title: 'Recall@K, %', scale: { zero: false } },
      color: {
        field: 'method',
        type: 'nominal',
        scale: { domain: methods, range: [...METHOD_COLOURS] },
        title: null,
      },
    },
  };
}
