import { basename, join } from 'node:path';
import { readNotebook } from '../lab/notebook-file.js';
import { escapedText } from '../report/escaped-text.js';
import { type DocumentedLoss, type Place, sourceOfFunction } from './documented-loss.js';
import { titleOf } from './notebook-page.js';
import { relativeLink } from './page-address.js';
import type { RepositoryFiles } from './repository-files.js';

/** What a page that is made of more than one file is given. */
export interface GeneratedPageOptions {
  readonly files: RepositoryFiles;
  readonly losses: readonly DocumentedLoss[];
  /** Of the page itself. */
  readonly address: string;
  markdown(text: string): string;
  /** From a path of the repository to a link on the page. */
  link(path: string): string;
}

/** Where a reader begins: the losses with all that belongs to each, and the notebooks. */
export function frontPage({ files, losses, address, link }: GeneratedPageOptions): string {
  const to = ({ text, address: place }: Place) =>
    `<a href="${relativeLink(address, place)}">${escapedText(text)}</a>`;
  const rows = losses.map((loss) => {
    const cells = [
      [sourceOfFunction(loss)],
      [sourceOfFunction(loss.twin)],
      loss.derivation,
      loss.proof,
      loss.tests,
    ];
    const columns = cells.map((places) => `<td>${places.map(to).join('<br>')}</td>`).join('');
    return `<tr><th scope="row">${to({ text: loss.name, address: loss.address })}</th>${columns}</tr>`;
  });
  const heads = [
    'Equation, gradient, the paper’s settings',
    'Code',
    'Plain twin',
    'Derivation',
    'Proof',
    'Tests',
  ];
  const notebooks = files.paths
    .filter((path) => /^notebooks\/[^/]*\.ipynb$/.test(path))
    .map((path) => {
      const { title, question } = titleOf(readNotebook(join(files.root, path)));
      const number = /^\d+/.exec(basename(path))?.[0] ?? '';
      return `<li><span class="number">${number}</span><div><a href="${link(path)}">${escapedText(title)}</a><br>${escapedText(question)}</div></li>`;
    });
  return `<h1>angular-loss-kit</h1>
<p class="lead"><em>Deep Metric Learning with Angular Loss</em> (Wang et al., ICCV 2017) in TypeScript: the losses with plain twins and proofs, fair comparisons with intervals, notebooks. <a href="${link('README.md')}">How to use it</a>; <a href="${relativeLink(address, 'results/index.html')}">what came out</a>; <a href="${link('results/claims.md')}">each claim with its verdict</a>; <a href="${relativeLink(address, 'api/index.html')}">everything it exports</a>.</p>
<h2 id="losses">Losses</h2>
<div class="scroll"><table class="losses"><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>${rows.join('\n')}</tbody></table></div>
<h2 id="notebooks">Notebooks</h2>
<ol class="notebooks">${notebooks.join('\n')}</ol>`;
}
