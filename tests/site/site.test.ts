import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { parseDocument } from 'htmlparser2';
import { beforeAll, describe, expect, it } from 'vitest';
import * as kit from '../../src/index.js';
import { buildSite } from '../../src/site/build-site.js';
import { temporaryFolder } from '../picture-folder.js';

const site = join(temporaryFolder(), 'site');
const read = (address: string) => readFileSync(join(site, address), 'utf8');

beforeAll(async () => {
  // It fails where a link leads nowhere or an equation can't be read.
  await buildSite({ output: site });
}, 600_000);

/** The links of a loss's page, by what they lead to. */
function linksOf(address: string): Map<string, string[]> {
  const html = read(address);
  const box = /<dl class="where-it-lives">(.*?)<\/dl>/s.exec(html)?.[1] ?? '';
  return new Map(
    [...box.matchAll(/<dt>(.*?)<\/dt><dd>(.*?)<\/dd>/gs)].map(([, name, places]) => [
      name,
      [...places.matchAll(/href="([^"]*)"/g)].map(([, link]) => posix.join(posix.dirname(address), link)),
    ]),
  );
}

/** The text of a source page at the line that a link names. */
function lineAt(link: string): string {
  const [address, line] = link.split('#');
  return textOf(
    new RegExp(`<span class="line" id="${line}">(.*?)</span>\n|$`, 's').exec(read(address))?.[1] ?? '',
  );
}

const textOf = (html: string) => {
  const nodes = [parseDocument(html)] as { data?: string; children?: object[] }[];
  let text = '';
  while (nodes.length > 0) {
    const node = nodes.shift() as (typeof nodes)[number];
    text += node.data ?? '';
    nodes.unshift(...((node.children ?? []) as typeof nodes));
  }
  return text;
};

describe.each(Object.keys(kit).filter((name) => name.endsWith('Loss')))('the page of %s', (name) => {
  const address = `api/functions/${name}.html`;

  it('has its equation and its gradient typeset, and the paper’s settings', () => {
    const html = read(address);
    const [before, after] = html.split('id="gradient"');
    for (const part of [before, after]) expect(part.includes('class="katex-display"')).toBe(true);
    expect(html.includes('id="paper-settings"')).toBe(true);
    expect(html.includes('$')).toBe(false);
  });

  it('leads in one click to the line of its code, to that of its plain twin, to derivation, proof and tests', () => {
    const links = linksOf(address);
    expect([...links.keys()]).toEqual(['Equation', 'Code', 'Plain twin', 'Derivation', 'Proof', 'Tests']);
    expect(lineAt(links.get('Code')?.[0] ?? '')).toContain(`export function ${name}(`);
    expect(lineAt(links.get('Plain twin')?.[0] ?? '')).toMatch(/export function \w+\(/);
    for (const link of [...(links.get('Derivation') ?? []), ...(links.get('Proof') ?? [])])
      expect(link).toMatch(/^notebooks\/\d\d-.*\.html#cell-/);
    for (const link of links.get('Tests') ?? []) expect(link).toMatch(/^source\/tests\/.*\.ts\.html/);
  });

  it('is one click away from the front page, from its code and from its twin’s', () => {
    const [code] = linksOf(address).get('Code')?.[0].split('#') ?? [];
    const [twin] = linksOf(address).get('Plain twin')?.[0].split('#') ?? [];
    expect(read('index.html').includes(`href="${address}"`)).toBe(true);
    for (const page of [code, twin]) expect(read(page).includes(`${address}"`), page).toBe(true);
  });
});

describe.each(readdirSync('notebooks').filter((file) => file.endsWith('.ipynb')))(
  'the page of %s',
  (file) => {
    const address = `notebooks/${basename(file, '.ipynb')}.html`;
    const { cells } = JSON.parse(readFileSync(join('notebooks', file), 'utf8')) as {
      cells: { id: string }[];
    };

    it('shows every cell, under its own anchor, and is linked from the front page', () => {
      const html = read(address);
      for (const { id } of cells) expect(html).toContain(`id="cell-${id}"`);
      expect(read('index.html')).toContain(`href="${address}"`);
    });

    it('folds the answers to its exercises away, a list with its equations typeset', () => {
      if (file.startsWith('appendix')) return;
      const folded = [...read(address).matchAll(/<details>(.*?)<\/details>/gs)].map(([, inside]) => inside);
      const answers = folded.filter((inside) => inside.includes('<summary><b>Answers</b>'));
      expect(answers).toHaveLength(1);
      expect(answers[0]).toMatch(/<\/summary>\s*<ol>\s*<li>/);
      expect(answers[0].replace(/<code>.*?<\/code>/gs, '')).not.toContain('$');
    });
  },
);

it('shows every published table, and the claims', () => {
  const shown = [...read('results/index.html').matchAll(/<h2 id="([^"]*)"/g)].map(([, id]) => id);
  const tables = readdirSync('results/tables').filter((name) => name.endsWith('.md'));
  expect(shown).toEqual(expect.arrayContaining(tables.map((file) => basename(file, '.md'))));
  expect(read('results/claims.html').includes('id="angular-beats-triplet"')).toBe(true);
});

it('needs nothing from another host', () => {
  for (const address of ['index.html', 'api/functions/angularLoss.html', 'notebooks/00-start-here.html'])
    expect(read(address)).not.toMatch(/<(?:script|img|link)[^>]*(?:src|href)="(?:https?:)?\/\//);
  expect(existsSync(join(site, 'katex/fonts/KaTeX_Main-Regular.woff2'))).toBe(true);
});
