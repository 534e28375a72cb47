import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileWhole } from '../runtime/write-file-whole.js';
import type { RunRecord } from '../types/run-record.js';
import { renderChart } from './chart.js';
import { embeddingMap } from './embedding-map.js';
import { type PictureEmbeddings, retrievalGallery } from './gallery.js';
import { curveChart, recallAtKChart, recallChart } from './method-charts.js';
import { type MethodScores, methodScores } from './method-scores.js';
import { formatEstimate, scoreTables } from './table.js';

export interface ReportedExperiment {
  /** Folder name of its records. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly records: readonly RunRecord[];
  /** Test embeddings of the run that gallery and map are drawn from. */
  readonly pictures?: PictureEmbeddings & { readonly record: RunRecord };
}

export interface WriteReportOptions {
  readonly resultsDirectory: string;
  readonly experiments: readonly ReportedExperiment[];
}

/**
 * Writes `tables/<experiment>.csv` and `.md`, `figures/<experiment>-*.svg` and `.png`, and `index.html`, one page
 * that holds all of them and needs neither a server nor the network.
 *
 * @returns the absolute path of the page
 */
export async function writeReport({ resultsDirectory, experiments }: WriteReportOptions): Promise<string> {
  const sections: string[] = [];
  for (const experiment of experiments) sections.push(await writeExperiment(experiment, resultsDirectory));
  const path = resolve(resultsDirectory, 'index.html');
  writeFileWhole(path, pageOf(sections));
  return path;
}

async function writeExperiment(experiment: ReportedExperiment, results: string): Promise<string> {
  const { name, title, description, records, pictures } = experiment;
  if (records.every((record) => record.metrics === null))
    return `<section><h2>${escaped(title)}</h2><p>No evaluated runs yet.</p></section>`;
  const partial = records.find((record) => record.data.partial !== null)?.data.partial ?? null;
  const { data } = records[0];
  const subtitle = [
    `${data.name}: ${data.test.classes} unseen classes, ${data.test.images} pictures; ${description}`,
    ...(partial === null ? [] : [partial]),
  ].join(' · ');

  const tables = await scoreTables(records);
  writeFileWhole(join(results, 'tables', `${name}.csv`), tables.csv);
  writeFileWhole(
    join(results, 'tables', `${name}.md`),
    partial === null ? tables.markdown : `${tables.markdown}\n${partial}\n`,
  );
  const charts: string[] = [];
  const specs = {
    recall: recallChart(records, subtitle),
    curves: curveChart(records, subtitle),
    'recall-at-k': recallAtKChart(records, subtitle),
  };
  for (const [kind, spec] of Object.entries(specs)) {
    const { svg, png } = await renderChart(spec);
    writeFileWhole(join(results, 'figures', `${name}-${kind}.svg`), svg);
    writeFileWhole(join(results, 'figures', `${name}-${kind}.png`), png);
    charts.push(figure(png, String((spec.title as { text: string }).text), ''));
  }
  const drawn = pictures === undefined ? '' : await writePictures(name, pictures, results);
  return `<section id="${name}"><h2>${escaped(title)}</h2><p>${escaped(subtitle)}</p>
${htmlTable(methodScores(records))}
<p class="note">Percent, mean ± 95% t-interval over seeds. Step chosen on the validation classes; the test classes are read once, every score of a row from that checkpoint. Also as <a href="tables/${name}.csv">CSV</a> and <a href="tables/${name}.md">Markdown</a>.</p>
<div class="charts">${charts.join('\n')}</div>
${drawn}
${provenance(records)}</section>`;
}

async function writePictures(
  name: string,
  pictures: NonNullable<ReportedExperiment['pictures']>,
  results: string,
): Promise<string> {
  const gallery = await retrievalGallery(pictures);
  const map = await embeddingMap(pictures);
  writeFileWhole(join(results, 'figures', `${name}-gallery.png`), gallery);
  writeFileWhole(join(results, 'figures', `${name}-map.png`), map);
  const of = `${pictures.record.method}, seed ${pictures.record.seed}, step ${pictures.record.chosenStep} (run ${pictures.record.id})`;
  return `<h3>What it retrieves</h3>
${figure(gallery, 'Retrieval gallery', `${of}. Grey frame: the query; then its five nearest, green where the class is right, red where it is wrong. Left: queries drawn from those whose nearest is right; right: from those whose nearest is wrong. Drawn at random with a fixed seed, so this shows how it succeeds and fails, not how often.`)}
<h3>The embedding as a map</h3>
${figure(map, 'Map of the embedding', `${of}. All pictures of 100 unseen classes drawn at random with a fixed seed, laid out by UMAP from their embeddings alone.`)}`;
}

function figure(png: Buffer, alternative: string, caption: string): string {
  const text = caption === '' ? '' : `<figcaption>${escaped(caption)}</figcaption>`;
  return `<figure><img alt="${escaped(alternative)}" src="data:image/png;base64,${png.toString('base64')}">${text}</figure>`;
}

function htmlTable(rows: readonly MethodScores[]): string {
  const columns = [...rows[0].scores.keys()];
  const best = new Map(
    columns.map((column) => [column, Math.max(...rows.map((row) => row.scores.get(column)?.mean ?? 0))]),
  );
  const cell = (row: MethodScores, column: string) => {
    const score = row.scores.get(column);
    if (score === undefined) return '<td></td>';
    const text = formatEstimate(score).replace(/ ± .*/, '<small>$&</small>');
    return score.mean === best.get(column) ? `<td><strong>${text}</strong></td>` : `<td>${text}</td>`;
  };
  const body = rows.map(
    (row) =>
      `<tr${row.trained ? '' : ' class="baseline"'}><th scope="row">${escaped(row.method)}</th>${columns.map((column) => cell(row, column)).join('')}<td>${row.seeds}</td></tr>`,
  );
  return `<div class="scroll"><table><thead><tr><th>Method</th>${columns.map((column) => `<th>${column}</th>`).join('')}<th>Seeds</th></tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>`;
}

function provenance(records: readonly RunRecord[]): string {
  const rows = records.map(
    (r) =>
      `<tr><td><a href="runs/${r.experiment}/${r.id}.json"><code>${r.id}</code></a></td><td>${escaped(r.method)}</td><td>${r.seed}</td><td>${r.chosenStep}</td><td><code>${r.environment.commit.slice(0, 10)}${r.environment.commit.endsWith('-dirty') ? '-dirty' : ''}</code></td><td>${r.environment.backend}</td><td><code>${r.data.checksum.slice(0, 10)}</code></td><td>${r.times.trainingSeconds.toFixed(0)} s</td></tr>`,
  );
  return `<details><summary>Where each number comes from: ${records.length} run records</summary><div class="scroll"><table class="runs"><thead><tr><th>Run</th><th>Method</th><th>Seed</th><th>Step</th><th>Commit</th><th>Backend</th><th>Data</th><th>Training</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div></details>`;
}

function pageOf(sections: readonly string[]): string {
  const style = readFileSync(join(__dirname, '..', '..', 'src', 'report', 'page.css'), 'utf8');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Angular loss, reproduced</title>
<style>${style}</style></head><body>
<h1>Angular loss, reproduced</h1>
<p class="lead">“Deep Metric Learning with Angular Loss” (Wang et al., ICCV 2017) against the losses it is compared with, trained with equal budgets and tested on classes that no network has seen.</p>
${sections.join('\n')}
</body></html>
`;
}

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
