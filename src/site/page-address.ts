import { posix } from 'node:path';

/** Files that a reader is shown as text, with line numbers; others are handed over as they are. */
const SHOWN_AS_TEXT = /\.(ts|mjs|cjs|js|py|css|json|yml|yaml|toml|cff|txt|sh|csv|npmrc|gitignore)$|^LICENSE$/;

/** Data of runs: many files, read by programs. */
const DATA = /^results\/(?!notebooks\/).*\.(json|csv)$/;

export type PageKind = 'notebook' | 'markdown' | 'source' | 'folder' | 'copy';

export function kindOf(path: string, isFolder: boolean): PageKind {
  if (isFolder) return 'folder';
  if (path.endsWith('.ipynb')) return 'notebook';
  if (path.endsWith('.md')) return 'markdown';
  return SHOWN_AS_TEXT.test(path) && !DATA.test(path) ? 'source' : 'copy';
}

/** Where the site keeps a file of the repository, from the site's root. */
export function addressOf(path: string, kind: PageKind): string {
  switch (kind) {
    case 'notebook':
      return path.replace(/\.ipynb$/, '.html');
    case 'markdown':
      return path.replace(/\.md$/, '.html');
    case 'source':
      return `source/${path}.html`;
    case 'folder':
      return posix.join('source', path, 'index.html');
    case 'copy':
      return path;
  }
}

/** A link from one page to another: relative, so that the site works from any folder and without a server. */
export function relativeLink(from: string, to: string): string {
  const [page, fragment] = to.split('#', 2);
  const path =
    page === from
      ? ''
      : posix.relative(posix.dirname(from), page).split('/').map(encodeURIComponent).join('/');
  return fragment === undefined ? path : `${path}#${fragment}`;
}
