import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadHighlight } from '../../src/site/highlight.js';
import { markdown } from '../../src/site/markdown.js';
import { faultsOfSite } from '../../src/site/site-check.js';
import { temporaryFolder } from '../picture-folder.js';

function siteOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  return folder;
}

describe('the check of a built site', () => {
  it('finds nothing in a site whose links, anchors and pictures are there', () => {
    const site = siteOf({
      'index.html':
        '<h2 id="here">a</h2><a href="#here">b</a><a href="a%20folder/page.html#L3">c</a><a href="https://x.org/y">d</a>',
      'a folder/page.html': '<span id="L3"></span><img src="../picture.svg"><a href="../index.html">back</a>',
      'picture.svg': '<svg/>',
    });
    expect(faultsOfSite(site)).toEqual([]);
  });

  it('names page and link where a page, an anchor, a picture or a style sheet is not there', () => {
    const site = siteOf({
      'index.html':
        '<link rel="stylesheet" href="no.css"><a href="no.html">a</a><a href="deep/page.html#no">b</a><a href="#no">c</a>',
      'deep/page.html': '<img src="no.png"><a href="../deep">a folder opens nothing without a server</a>',
    });
    expect(faultsOfSite(site)).toEqual([
      'deep/page.html: ../deep leads to no file of the site',
      'deep/page.html: no.png leads to no file of the site',
      'index.html: #no leads to index.html, which has no such anchor',
      'index.html: deep/page.html#no leads to deep/page.html, which has no such anchor',
      'index.html: no.css leads to no file of the site',
      'index.html: no.html leads to no file of the site',
    ]);
  });

  it.each([
    ['a command that KaTeX does not know', String.raw`\nosuchcommand{x}`],
    ['an open brace', String.raw`\frac{1}{x`],
  ])('finds an equation with %s, in text and displayed', async (_, equation) => {
    const renderer = markdown(await loadHighlight());
    const context = { link: (target: string) => target, headings: new Map() };
    for (const text of [`in text $${equation}$`, `$$${equation}$$`]) {
      const faults = faultsOfSite(siteOf({ 'index.html': renderer.render(text, context) }));
      expect(faults).toHaveLength(1);
      expect(faults[0]).toMatch(/^index\.html: KaTeX can't read/);
    }
  });
});
