import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, sep } from 'node:path';
import { Parser } from 'htmlparser2';

interface ReadPage {
  readonly ids: ReadonlySet<string>;
  readonly links: readonly string[];
  /** Equations that were not typeset, as they stand in the source. */
  readonly badEquations: readonly string[];
}

/**
 * What is wrong with a built site: links and pictures of its pages that lead to no file or to no anchor of the site, and equations
 * that KaTeX can't read. Links to other hosts are left alone: the site is checked without a network.
 *
 * @returns a line each, naming the page; none for a site in order
 */
export function faultsOfSite(folder: string): string[] {
  const files = new Set(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(folder.length + 1)
          .split(sep)
          .join('/'),
      ),
  );
  const pages = new Map<string, ReadPage>();
  for (const file of files)
    if (file.endsWith('.html')) pages.set(file, readPage(readFileSync(join(folder, file), 'utf8')));
  const faults: string[] = [];
  for (const [file, { links, badEquations }] of pages) {
    for (const equation of badEquations) faults.push(`${file}: KaTeX can't read ${equation}`);
    for (const link of new Set(links)) {
      if (/^([a-z][a-z0-9+.-]*:|\/\/)/i.test(link)) continue;
      const [path, fragment] = link.split('#', 2);
      const target =
        path === '' ? file : posix.join(posix.dirname(file), decodeURIComponent(path.split('?')[0]));
      if (!files.has(target)) faults.push(`${file}: ${link} leads to no file of the site`);
      else if (fragment && pages.get(target)?.ids.has(decodeURIComponent(fragment)) === false)
        faults.push(`${file}: ${link} leads to ${target}, which has no such anchor`);
    }
  }
  return faults.sort();
}

function readPage(html: string): ReadPage {
  const ids = new Set<string>();
  const links: string[] = [];
  const badEquations: string[] = [];
  const parser = new Parser({
    onopentag(_name, { id, name, href, src, class: classes, title }) {
      for (const anchor of [id, name]) if (anchor) ids.add(anchor);
      for (const link of [href, src]) if (link) links.push(link);
      if (classes?.split(' ').includes('katex-error')) badEquations.push(title ?? '');
    },
  });
  parser.end(html);
  return { ids, links, badEquations };
}
