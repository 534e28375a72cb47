import { join, resolve } from 'node:path';
import { writeFileWhole } from '../files/write-file-whole.js';
import type { RunRecord } from '../types/run-record.js';
import { renderChart } from './chart.js';
import { counted, judgeClaims } from './claims.js';
import { embeddingMap } from './embedding-map.js';
import { escapedText } from './escaped-text.js';
import { retrievalGallery } from './gallery.js';
import { htmlPage } from './html-page.js';
import { curveChart, recallAtKChart, recallChart } from './method-charts.js';
import { type MethodScores, methodScores, splitNote } from './method-scores.js';
import type { PictureEmbeddings } from './picture-sheet.js';
import { PUBLISHED_HEADER, publishedRows } from './published-values.js';
import { rankChart } from './rank-chart.js';
import { formatEstimate, partialNote, scoreTables } from './table.js';
import { triesChart } from './tries-chart.js';
import { hasHeldOutPictures } from './validation-side.js';

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
 * that holds all of them and needs neither a server nor the network. The same records give the same bytes.
 *
 * @returns the absolute path of the page
 */
export async function writeReport({ resultsDirectory, experiments }: WriteReportOptions): Promise<string> {
  const sections: string[] = [];
  for (const experiment of experiments) sections.push(await writeExperiment(experiment, resultsDirectory));
  const path = resolve(resultsDirectory, 'index.html');
  writeFileWhole(path, pageOf([...sections, claimsSection(resultsDirectory)]));
  return path;
}

/** Of a chart that has a row for each try; of a longer search it shows the worst and the best of each method. */
const MOST_ROWS = 40;

/** What `writeReport` may write for an experiment. */
export function reportPaths(results: string, name: string): string[] {
  const charts = ['recall', 'recall-at-k', 'curves', 'ranks'].flatMap((kind) => [
    `${kind}.svg`,
    `${kind}.png`,
  ]);
  return [
    join(results, 'index.html'),
    ...['csv', 'md'].map((ending) => join(results, 'tables', `${name}.${ending}`)),
    ...[...charts, 'gallery.png', 'map.png'].map((file) => join(results, 'figures', `${name}-${file}`)),
  ];
}

async function writeExperiment(experiment: ReportedExperiment, results: string): Promise<string> {
  const { name, title, description, records, pictures } = experiment;
  const heading = `<h2>${escapedText(title)}</h2>`;
  if (records.length === 0) return `<section id="${name}">${heading}<p>No finished runs yet.</p></section>`;
  const tables = await scoreTables(records);
  writeFileWhole(join(results, 'tables', `${name}.csv`), tables.csv);
  writeFileWhole(join(results, 'tables', `${name}.md`), tables.markdown);

  const tested = records.some((record) => record.metrics !== null);
  const { data } = records[0];
  const partial = partialNote(records);
  const marked = (text: string) => (partial === null ? text : `${text} · ${partial}`);
  const heldOut = hasHeldOutPictures(records);
  const of = (part: 'test' | 'validation') => {
    const { classes, images } = data[part];
    const kind = part === 'test' ? 'unseen' : 'validation';
    const counts = [...new Set(records.map((record) => record.data[part].classes))];
    const counted =
      part === 'validation' && heldOut
        ? `${whole(images)} held-out pictures of ${whole(classes)} training classes`
        : counts.length > 1
          ? `${counts.map(whole).join(' or ')} ${kind} classes`
          : `${whole(classes)} ${kind} classes, ${whole(images)} pictures`;
    return marked(`${data.name}: ${counted} · ${description}`);
  };
  const ranks = tested ? rankChart(records, of('test')) : null;
  const charts = [
    await writeChart(
      'recall',
      !tested && methodScores(records).length > MOST_ROWS
        ? triesChart(records, of('validation'))
        : recallChart(records, of(tested ? 'test' : 'validation')),
    ),
    ...(tested
      ? [
          await writeChart('recall-at-k', recallAtKChart(records, of('test'))),
          await writeChart('curves', curveChart(records, of('validation'))),
        ]
      : []),
    ...(ranks === null ? [] : [await writeChart('ranks', ranks)]),
  ];

  async function writeChart(kind: string, spec: Parameters<typeof renderChart>[0]): Promise<string> {
    const { svg, png } = await renderChart(spec);
    writeFileWhole(join(results, 'figures', `${name}-${kind}.svg`), svg);
    writeFileWhole(join(results, 'figures', `${name}-${kind}.png`), png);
    return figure(png, (spec.title as { text: string }).text, '');
  }
  const chosenOn = heldOut ? 'held-out pictures of the training classes' : 'the validation classes';
  const how = tested
    ? `The step is chosen on ${chosenOn}, by Recall@1 and, where steps tie in it, by MAP@R; the test classes are read once, and every score of a row comes from that checkpoint.`
    : `This experiment chooses settings: it looks at ${chosenOn} only.`;
  return `<section id="${name}">${heading}
<p>${escapedText(of(tested ? 'test' : 'validation'))}</p>
${htmlTable(methodScores(records), partial)}
<p class="note">Percent, mean ± 95% t-interval; in bold the best of a column. ${escapedText(splitNote(records) ?? '')} ${how} Also as <a href="tables/${name}.csv">CSV</a> and <a href="tables/${name}.md">Markdown</a>.</p>
<div class="charts">
${charts.join('\n')}
</div>
${pictures === undefined ? '' : await writePictures(name, pictures, marked, results)}
${publishedSection(records)}
${provenance(records)}</section>`;
}

async function writePictures(
  name: string,
  pictures: NonNullable<ReportedExperiment['pictures']>,
  marked: (text: string) => string,
  results: string,
): Promise<string> {
  const { method, seed, chosenStep, id, data } = pictures.record;
  const subtitle = marked(
    `${data.name}, unseen classes · ${method}, seed ${seed}, step ${chosenStep} · run ${id}`,
  );
  const gallery = await retrievalGallery(pictures, subtitle);
  const map = await embeddingMap(pictures, subtitle);
  writeFileWhole(join(results, 'figures', `${name}-gallery.png`), gallery.png);
  writeFileWhole(join(results, 'figures', `${name}-map.png`), map.png);
  return `<h3>What it retrieves</h3>
${figure(gallery.png, `A query and its nearest: ${subtitle}`, gallery.caption)}
<h3>The embedding as a map</h3>
${figure(map.png, `Map of the embedding: ${subtitle}`, map.caption)}`;
}

/** PNGs are drawn at two pixels a point; at more than half their width they would blur. */
function figure(png: Buffer, alternative: string, caption: string): string {
  const width = png.readUInt32BE(16) / 2;
  const text = caption === '' ? '' : `<figcaption>${escapedText(caption)}</figcaption>`;
  return `<figure><img width="${width}" alt="${escapedText(alternative)}" src="data:image/png;base64,${png.toString('base64')}">${text}</figure>`;
}

function htmlTable(rows: readonly MethodScores[], partial: string | null): string {
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
      `<tr${row.trained ? '' : ' class="baseline"'}><th scope="row">${escapedText(row.name)}</th>${columns.map((column) => cell(row, column)).join('')}<td>${row.seeds}</td></tr>`,
  );
  const caption = partial === null ? '' : `<caption>${escapedText(partial)}</caption>`;
  return `<div class="scroll"><table>${caption}<thead><tr><th>Method</th>${columns.map((column) => `<th>${column}</th>`).join('')}<th>Seeds</th></tr></thead><tbody>
${body.join('\n')}
</tbody></table></div>`;
}

function provenance(records: readonly RunRecord[]): string {
  const rows = records.map((record) => {
    const { id, experiment, method, seed, environment, data, spec, times } = record;
    const { commit, backend, threads } = environment;
    const short = `${commit.slice(0, 10)}${commit.endsWith('-dirty') ? '-dirty' : ''}`;
    const cells = [
      `<a href="runs/${experiment}/${id}.json"><code>${id}</code></a>`,
      escapedText(method),
      seed,
      chosenStepOf(record),
      `<code title="${commit}">${short}</code>`,
      `${backend}, ${threads} thread${threads === 1 ? '' : 's'}`,
      `<code title="${data.checksum}">${data.checksum.slice(0, 16)}</code>`,
      `${times.trainingSeconds.toFixed(0)} s`,
      `<details><summary>spec, machine</summary><pre>${escapedText(JSON.stringify({ spec, environment, data }, null, 1))}</pre></details>`,
    ];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  return `<details><summary>Where each number comes from: ${records.length} run records</summary>
<p class="note">A number of the table is the mean of its column over the runs of its method. A run's id is a hash of its spec; the record behind the link holds its curve and all its scores. <code>npx kit train runs/…/ID.json --results elsewhere</code> runs it again.</p>
<div class="scroll"><table class="runs"><thead><tr><th>Run</th><th>Method</th><th>Seed</th><th>Step</th><th>Commit</th><th>Backend</th><th>Data, SHA-256</th><th>Training</th><th></th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div></details>`;
}

function chosenStepOf({ chosenStep, chosenBy, spec }: RunRecord): string {
  if (spec.loss !== null && chosenStep === 0) return '0: untrained';
  return chosenBy === 'validationMeanAveragePrecisionAtR' ? `${chosenStep}, by MAP@R` : `${chosenStep}`;
}

/** Verdicts of the claims that records of this folder decide; nothing where there are none. */
function claimsSection(results: string): string {
  const claims = judgeClaims(results);
  if (claims.every(({ finding }) => finding === 'not tested')) return '';
  const rows = claims.map((claim) => {
    const cells = [claim.sentence, claim.source, claim.finding, counted(claim)];
    return `<tr>${cells.map((cell) => `<td>${escapedText(cell)}</td>`).join('')}</tr>`;
  });
  return `<section id="claims"><h2>Claims</h2>
<p>Judged from the records of this folder; <a href="claims.md">each with its comparisons, intervals and what would change it</a>.</p>
<div class="scroll"><table class="claims"><thead><tr><th>Claim</th><th>Whose</th><th>Verdict</th><th>Experiments</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div></section>`;
}

/** Where others published a score of the same loss on the same data set: theirs beside ours, and why not where not. */
function publishedSection(records: readonly RunRecord[]): string {
  const rows = publishedRows(records);
  if (rows.length === 0) return '';
  const line = (tag: string, texts: readonly string[]) =>
    `<tr>${texts.map((text) => `<${tag}>${escapedText(text)}</${tag}>`).join('')}</tr>`;
  return `<details><summary>Beside published values: ${rows.length} cells</summary>
<div class="scroll"><table class="runs"><thead>${line('th', PUBLISHED_HEADER)}</thead><tbody>
${rows.map((row) => line('td', row)).join('\n')}
</tbody></table></div></details>`;
}

function pageOf(sections: readonly string[]): string {
  return htmlPage(
    'Angular loss, reproduced',
    `<p class="lead">“Deep Metric Learning with Angular Loss” (Wang et al., ICCV 2017) against the losses it is compared with, each trained with the same budget and tested on classes that no network has seen. A score says how well pictures of one class find each other by their embeddings alone.</p>
${sections.join('\n')}`,
  );
}

function whole(count: number): string {
  return count.toLocaleString('en-US');
}
