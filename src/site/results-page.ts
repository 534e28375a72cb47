import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { escapedText } from '../report/escaped-text.js';
import type { GeneratedPageOptions } from './front-page.js';

/** The published results: for every experiment its table, its figures and its records. */
export function resultsPage({ files, markdown, link }: GeneratedPageOptions): string {
  const tables = files.paths.filter((path) => /^results\/tables\/.*\.md$/.test(path));
  const sections = tables.map((path) => {
    const name = basename(path, '.md');
    const figures = ['recall', 'ranks', 'recall-at-k', 'curves', 'gallery', 'map']
      .map((kind) =>
        ['svg', 'png'].map((ending) => `results/figures/${name}-${kind}.${ending}`).find(files.isFile),
      )
      .filter((figure) => figure !== undefined);
    const pictures = figures.map(
      (figure) =>
        `<a href="${link(figure)}"><img src="${link(figure)}" alt="${basename(figure)}" loading="lazy"></a>`,
    );
    const records = `results/runs/${name}`;
    const from = files.isFolder(records) ? ` · <a href="${link(records)}">records</a>` : '';
    const table = readFileSync(join(files.root, path), 'utf8');
    return `<section><h2 id="${name}">${escapedText(titleOf(files.root, name))}</h2><p class="note">${name}${from}</p>${markdown(table)}<div class="figures">${pictures.join('')}</div></section>`;
  });
  const measured = files.paths.filter((path) => /^results\/bench\/.*\.md$/.test(path));
  const bench = measured.map((path) => `<li><a href="${link(path)}">${basename(path, '.md')}</a></li>`);
  return `<h1>Results</h1>
<p class="lead">Every number has a record behind it: spec, seed, commit, backend, checksum of the data, curve, chosen step. <a href="${link('results/claims.md')}">What follows for each claim</a>.</p>
${sections.join('\n')}
<section><h2 id="speed">What was timed</h2><ul>${bench.join('')}</ul></section>`;
}

/** The title of an experiment; `name` is the experiment's, then its profile's. */
function titleOf(root: string, name: string): string {
  const file = join(root, 'experiments', `${name.replace(/-[^-]+$/, '')}.json`);
  if (!existsSync(file)) return name;
  return (JSON.parse(readFileSync(file, 'utf8')) as { title?: string }).title ?? name;
}
