// Seconds of every contender, one panel a task and number of rows: node bench/evaluation-chart.mjs RECORD.json
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { renderChart } from '../dist/report/chart.js';
import { writeFileWhole } from '../dist/files/write-file-whole.js';

/** Writes the SVG beside the record. */
export async function writeEvaluationChart(path) {
  const { measurements, machine, repeats } = JSON.parse(readFileSync(path, 'utf8'));
  const values = measurements
    .filter(({ medianSeconds }) => medianSeconds !== undefined)
    .flatMap((m) =>
      [['wall', m.medianSeconds], ['CPU', m.medianCpuSeconds]].map(([clock, seconds]) => ({
        panel: `${m.task}, ${m.rows.toLocaleString('en-US')} rows`,
        contender: m.contender,
        clock,
        seconds,
        order: `${m.task} ${String(m.rows).padStart(9, '0')}`,
      })),
    );
  const panels = [...new Map(values.sort((a, b) => (a.order < b.order ? -1 : 1)).map((v) => [v.panel, v])).keys()];
  const { svg } = await renderChart({
    title: {
      text: 'Evaluation, seconds',
      subtitle: [
        `Median of ${repeats}, turn by turn · ${machine.cpu}, ${machine.cores} cores`,
        `Load average up to ${machine.loadAverageAtEnd.toFixed(1)} · lower is better`,
      ],
    },
    data: { values },
    columns: 2,
    facet: { field: 'panel', type: 'nominal', sort: panels, title: null },
    resolve: { scale: { x: 'independent', y: 'independent' } },
    spec: {
      width: 260,
      height: { step: 12 },
      mark: 'bar',
      encoding: {
        x: { field: 'seconds', type: 'quantitative', title: null },
        y: { field: 'contender', type: 'nominal', sort: null, title: null },
        yOffset: { field: 'clock', sort: ['wall', 'CPU'] },
        color: { field: 'clock', type: 'nominal', title: 'clock', sort: ['wall', 'CPU'], scale: { range: ['#0072B2', '#9a9a9a'] } },
      },
    },
  });
  writeFileWhole(path.replace(/\.json$/, '.svg'), svg);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) await writeEvaluationChart(process.argv[2]);
