import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { projectRoot } from '../experiments/environment.js';
import { writeFileWhole } from '../files/write-file-whole.js';
import { KitError } from '../kit-error.js';
import { documentation } from './documentation.js';
import { loadHighlight } from './highlight.js';
import { markdown } from './markdown.js';
import { repositoryFiles } from './repository-files.js';
import { faultsOfSite } from './site-check.js';
import { SiteWriter } from './site-writer.js';

export interface BuildSiteOptions {
  /** The folder that is made; an earlier site in it is replaced. */
  readonly output: string;
  /** Called as each part begins. */
  onPart?(part: string): void;
}

/** What marks a folder as a site of the kit. */
const SITE_MARK = '.angular-loss-kit-site';

/**
 * Builds the site as one folder of files that need neither a server nor the network: the documentation, the executed
 * notebooks, results, claims, and the source with line anchors.
 *
 * @throws KitError `site-failed` where a link leads nowhere or an equation can't be read, naming each
 */
export async function buildSite({ output, onPart }: BuildSiteOptions): Promise<void> {
  requireReplaceable(output);
  const files = repositoryFiles(projectRoot);
  onPart?.('documentation');
  const docs = await documentation(projectRoot);
  rmSync(output, { recursive: true, force: true });
  writeFileWhole(join(output, SITE_MARK), '');
  await docs.write(output);
  onPart?.('pages');
  const highlight = await loadHighlight();
  new SiteWriter({
    output,
    files,
    losses: docs.losses,
    highlight,
    markdown: markdown(highlight),
    codeHost: codeHost(),
  }).writeAll();
  copyKatex(output);
  copyFileSync(join(projectRoot, 'src', 'site', 'site.css'), join(output, 'site.css'));
  onPart?.('links and equations');
  const faults = faultsOfSite(output);
  if (faults.length > 0)
    throw new KitError('site-failed', `The site in ${output} is not in order:\n${faults.join('\n')}`);
}

function requireReplaceable(output: string): void {
  if (!existsSync(output) || readdirSync(output).length === 0 || existsSync(join(output, SITE_MARK))) return;
  throw new KitError(
    'not-writable',
    `${output} holds something else than an earlier site. Name an empty folder, or move it away.`,
  );
}

/** Where package.json says that the repository can be seen, if it does. */
function codeHost(): string | undefined {
  const { repository } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as {
    repository?: string | { readonly url: string };
  };
  const url = typeof repository === 'string' ? repository : repository?.url;
  const home = url?.replace(/^git\+/, '').replace(/\.git$/, '');
  return home?.startsWith('https://') ? `${home}/blob/HEAD/` : undefined;
}

function copyKatex(output: string): void {
  const from = join(dirname(require.resolve('katex/package.json')), 'dist');
  const fonts = readdirSync(join(from, 'fonts')).filter((file) => file.endsWith('.woff2'));
  mkdirSync(join(output, 'katex', 'fonts'), { recursive: true });
  for (const file of ['katex.min.css', ...fonts.map((font) => join('fonts', font))])
    copyFileSync(join(from, file), join(output, 'katex', file));
}
