import { copyFileSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, posix } from 'node:path';
import { makeFolder } from '../files/make-folder.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { executedNotebook } from '../lab/executed-notebook.js';
import { readNotebook } from '../lab/notebook-file.js';
import { escapedText } from '../report/escaped-text.js';
import { type DocumentedLoss, lossLinks } from './documented-loss.js';
import { frontPage } from './front-page.js';
import type { Highlight } from './highlight.js';
import type { Markdown, PageContext } from './markdown.js';
import { notebookPage } from './notebook-page.js';
import { addressOf, kindOf, type PageKind, relativeLink } from './page-address.js';
import { page } from './page-frame.js';
import type { RepositoryFiles } from './repository-files.js';
import { resultsPage } from './results-page.js';

export interface SiteWriterOptions {
  readonly output: string;
  readonly files: RepositoryFiles;
  readonly losses: readonly DocumentedLoss[];
  readonly highlight: Highlight;
  readonly markdown: Markdown;
  /** Where the files can be seen on a code host, up to the path: `https://host/owner/name/blob/HEAD/`; if anywhere. */
  readonly codeHost: string | undefined;
}

/** Longer ones are handed over as they are: a browser takes long to draw them in colours. */
const LONGEST_SHOWN = 150_000;

/** Writes a page for every file of the repository that a reader can reach, beginning at the front page. */
export class SiteWriter {
  /** Files and folders that pages link to, with the address of each. */
  private readonly linked = new Map<string, string>();

  constructor(private readonly options: SiteWriterOptions) {}

  writeAll(): void {
    this.writeGenerated('index.html', 'Start', frontPage);
    this.writeGenerated('results/index.html', 'Results', resultsPage);
    for (const path of this.options.files.paths)
      if (/^notebooks\/[^/]*\.ipynb$/.test(path) || /^(src|tests)\//.test(path)) this.visit(path);
    for (const path of ['', 'README.md', 'results/claims.md']) this.visit(path);
    // Pages that are written link to more: a map's iterator sees what is added on the way.
    for (const [path] of this.linked) this.writePage(path);
  }

  /** A page that is made of more than one file. */
  private writeGenerated(address: string, title: string, body: typeof frontPage): void {
    const { files, losses, markdown } = this.options;
    const link = (path: string) => relativeLink(address, this.visit(path));
    const context: PageContext = { link, headings: new Map() };
    const html = body({ files, losses, markdown: (text) => markdown.render(text, context), link, address });
    this.write(address, page(address, title, html));
  }

  /** The address of a file or folder of the repository, which is given a page. A path that is not there leads nowhere. */
  private visit(to: string): string {
    // The executed copy and its source are one page.
    const source = to.replace(/^results\/(?=notebooks\/.*\.ipynb$)/, '');
    const path = this.options.files.isFile(source) ? source : to;
    const known = this.linked.get(path);
    if (known !== undefined) return known;
    const { files } = this.options;
    if (!files.isFile(path) && !files.isFolder(path)) return path;
    const address = addressOf(path, this.kindOf(path));
    this.linked.set(path, address);
    return address;
  }

  private kindOf(path: string): PageKind {
    const { files } = this.options;
    const kind = kindOf(path, files.isFolder(path));
    return kind === 'source' && statSync(join(files.root, path)).size > LONGEST_SHOWN ? 'copy' : kind;
  }

  private writePage(path: string): void {
    const address = this.linked.get(path) as string;
    const from = join(this.options.files.root, path);
    const kind = this.kindOf(path);
    if (kind === 'copy') {
      makeFolder(dirname(join(this.options.output, address)));
      copyFileSync(from, join(this.options.output, address));
    } else this.writeOwn(path, address, this.bodyOf(kind, path, address));
  }

  private bodyOf(kind: Exclude<PageKind, 'copy'>, path: string, address: string): string {
    switch (kind) {
      case 'folder':
        return this.folderBody(path, address);
      case 'source':
        return this.sourceBody(path, address);
      case 'markdown':
        return this.markdownBody(path, address);
      case 'notebook':
        return this.notebookBody(path, address);
    }
  }

  private writeOwn(path: string, address: string, body: string): void {
    this.write(
      address,
      page(address, path === '' ? 'Source' : basename(path), `${this.trail(path, address)}\n${body}`),
    );
  }

  private write(address: string, html: string): void {
    writeFileWhole(join(this.options.output, address), html);
  }

  /** What texts of the page of `path` share. */
  private contextOf(path: string, address: string): PageContext {
    const link = (target: string) => {
      if (/^([a-z][a-z0-9+.-]*:|\/\/|#)/i.test(target)) return target;
      const [file, fragment] = target.split('#', 2);
      const named = posix.normalize(posix.join(posix.dirname(path), file)).replace(/\/$/, '');
      const to = relativeLink(address, this.visit(named));
      return fragment === undefined ? to : `${to}#${fragment}`;
    };
    return { link, headings: new Map() };
  }

  /** The folders on the way to a file, and the file on the code host. */
  private trail(path: string, address: string): string {
    const parts = path.split('/').filter((part) => part !== '');
    const steps = ['', ...parts.map((_, i) => parts.slice(0, i + 1).join('/'))].slice(0, -1);
    const links = steps.map(
      (step) =>
        `<a href="${relativeLink(address, this.visit(step))}">${step === '' ? 'source' : escapedText(basename(step))}</a>`,
    );
    const host = this.options.codeHost;
    const outside =
      host === undefined || path === '' ? '' : ` · <a href="${host}${path}">on the code host</a>`;
    return `<p class="trail">${[...links, escapedText(basename(path) || 'source')].join(' / ')}${outside}</p>`;
  }

  private folderBody(path: string, address: string): string {
    const prefix = path === '' ? '' : `${path}/`;
    const inside = this.options.files.paths.filter((file) => file.startsWith(prefix));
    const names = [...new Set(inside.map((file) => file.slice(prefix.length).split('/')[0]))];
    const entries = names.map((name) => {
      const entry = `${prefix}${name}`;
      const isFolder = this.options.files.isFolder(entry);
      return {
        isFolder,
        html: `<li><a href="${relativeLink(address, this.visit(entry))}">${escapedText(name)}${isFolder ? '/' : ''}</a></li>`,
      };
    });
    const sorted = [
      ...entries.filter(({ isFolder }) => isFolder),
      ...entries.filter(({ isFolder }) => !isFolder),
    ];
    return `<h1>${escapedText(path || 'Source')}</h1><ul class="files">${sorted.map(({ html }) => html).join('')}</ul>`;
  }

  private sourceBody(path: string, address: string): string {
    const code = readFileSync(join(this.options.files.root, path), 'utf8');
    const link = (to: string) => relativeLink(address, to);
    const about = this.options.losses
      .filter((loss) => loss.path === path || loss.twin.path === path)
      .map((loss) => `<h2><a href="${link(loss.address)}">${loss.name}</a></h2>${lossLinks(loss, link)}`);
    return `<h1>${escapedText(basename(path))}</h1>${about.join('')}<div class="source">${this.options.highlight(code, extname(path).slice(1), true)}</div>`;
  }

  private markdownBody(path: string, address: string): string {
    const text = readFileSync(join(this.options.files.root, path), 'utf8');
    return `<article>${this.options.markdown.render(text, this.contextOf(path, address))}</article>`;
  }

  private notebookBody(path: string, address: string): string {
    const { files, highlight, markdown, output } = this.options;
    const source = join(files.root, path);
    const executed = executedNotebook(source, join(files.root, 'results', 'notebooks'));
    const folder = address.replace(/\.html$/, '');
    const html = notebookPage(executed ?? readNotebook(source), {
      markdown,
      highlight,
      page: this.contextOf(path, address),
      numbered: (number) => {
        const start = posix.join(posix.dirname(path), `${number}-`);
        const found = files.paths.find((file) => file.startsWith(start) && file.endsWith('.ipynb'));
        return found === undefined ? undefined : basename(found);
      },
      picture: (name, content) => {
        writeFileWhole(join(output, folder, name), content);
        return relativeLink(address, `${folder}/${name}`);
      },
    });
    const note =
      executed === undefined ? '<p class="note">Without outputs: no executed copy of it is stored.</p>' : '';
    return `<article class="notebook">${note}${html}</article>`;
  }
}
