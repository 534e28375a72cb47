import { join } from 'node:path';
import type { DeclarationReflection, ProjectReflection, SignatureReflection } from 'typedoc';
import { KitError } from '../kit-error.js';
import { type DocumentedLoss, documentedLoss, lossLinks } from './documented-loss.js';
import { typesetEquations } from './markdown.js';
import { relativeLink } from './page-address.js';
import { headLine, styleLinks } from './page-frame.js';

/** Where the documentation stands on the site. */
const FOLDER = 'api';

/** The subject of what a room of src exports, in the order of the documentation. */
const SUBJECTS: Readonly<Record<string, string>> = {
  'losses/reference': 'Plain twins',
  losses: 'Losses',
  mining: 'Mining and batches',
  geometry: 'The triangle',
  evaluation: 'Scores',
  statistics: 'Intervals and verdicts',
  training: 'Training',
  models: 'Networks',
  datasets: 'Data sets',
  experiments: 'Experiments',
  report: 'Charts and tables',
  lab: 'In a notebook',
  backends: 'Backends',
  types: 'Plain types',
};

/** Tags of a loss's docstring that become links. */
const LINK_TAGS = ['@twin', '@proof', '@tests'] as const;

export interface Documentation {
  readonly losses: readonly DocumentedLoss[];
  /** Writes the pages. @param output the site's folder */
  write(output: string): Promise<void>;
}

/**
 * What the public surface's docstrings say, by TypeDoc, grouped by subject, with equations typeset.
 *
 * @throws KitError `site-failed` where a docstring names what is not there, or TypeDoc finds a fault
 */
export async function documentation(root: string): Promise<Documentation> {
  const typedoc = await import('typedoc');
  const { Application, Comment, CommentTag, Converter, JSX, OptionDefaults, ReflectionKind } = typedoc;
  const app = await Application.bootstrap({
    entryPoints: [join(root, 'src/index.ts')],
    tsconfig: join(root, 'tsconfig.build.json'),
    name: 'angular-loss-kit',
    readme: 'none',
    excludePrivate: true,
    excludeExternals: true,
    blockTags: [...OptionDefaults.blockTags, '@gradient', '@paperSettings', ...LINK_TAGS],
    // Equations are full of braces.
    jsDocCompatibility: { ignoreUnescapedBraces: true },
    markdownItLoader: typesetEquations,
    categorizeByGroup: false,
    defaultCategory: 'Errors and random numbers',
    categoryOrder: ['Losses', ...Object.values(SUBJECTS).filter((subject) => subject !== 'Losses')],
    sort: ['kind', 'alphabetical'],
    kindSortOrder: ['Namespace', 'Function', 'Class', 'Variable', 'Interface', 'TypeAlias'],
    // `npm run check` does.
    skipErrorChecking: true,
    navigation: { includeCategories: true, includeGroups: false },
    disableGit: true,
    basePath: root,
    // From a page of the documentation; paths are from src, which all exports have in common.
    sourceLinkTemplate: '../../source/src/{path}.html#L{line}',
    hideGenerator: true,
    treatWarningsAsErrors: true,
    treatValidationWarningsAsErrors: true,
    validation: { notExported: false, invalidLink: true, invalidPath: true, rewrittenLink: true },
    logLevel: 'Warn',
  });
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const reflection of project.getReflectionsByKind(ReflectionKind.All) as DeclarationReflection[]) {
      const path = reflection.sources?.[0]?.fullFileName;
      if (path === undefined || reflection.parent === undefined || !isExport(reflection.parent)) continue;
      const subject = subjectOf(path);
      if (subject === undefined) continue;
      reflection.comment ??= new Comment();
      reflection.comment.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: subject }]));
    }
    function isExport(parent: { isProject(): boolean; name: string }): boolean {
      return parent.isProject() || parent.name === 'reference';
    }
  });

  const project = await app.convert();
  if (project === undefined) throw new KitError('site-failed', 'TypeDoc can’t read src/index.ts.');
  app.validate(project);
  const losses = (project.children ?? []).flatMap((reflection) => lossOf(reflection) ?? []);
  const byName = new Map(losses.map((loss) => [loss.name, loss]));

  app.renderer.hooks.on('head.end', (context) => raw(styleLinks(linkFrom(context.page.url))));
  app.renderer.hooks.on('body.begin', (context) => raw(headLine(linkFrom(context.page.url))));
  app.renderer.hooks.on('comment.beforeTags', (context, comment, reflection) => {
    for (const tag of comment.blockTags)
      if (LINK_TAGS.some((name) => name === tag.tag)) tag.skipRendering = true;
    const owner = reflection.parent as DeclarationReflection | undefined;
    const isSignature = reflection.kindOf(ReflectionKind.CallSignature);
    const loss = isSignature && owner !== undefined ? byName.get(owner.name) : undefined;
    return loss === undefined
      ? JSX.createElement(JSX.Fragment, null)
      : raw(lossLinks(loss, linkFrom(context.page.url)));
  });
  return {
    losses,
    async write(output) {
      await app.generateDocs(project as ProjectReflection, join(output, FOLDER));
      if (app.logger.hasErrors() || app.logger.hasWarnings())
        throw new KitError(
          'site-failed',
          'TypeDoc found what it names above. The docstrings of src are where to look.',
        );
    },
  };

  function raw(html: string) {
    return JSX.createElement(JSX.Raw, { html });
  }

  function lossOf(reflection: DeclarationReflection): DocumentedLoss | undefined {
    const [signature] = reflection.signatures ?? [];
    const [twin, proof, tests] = LINK_TAGS.map((tag) => tagOf(signature, tag));
    if (twin === undefined) return undefined;
    const [{ fileName, line }] = reflection.sources ?? [];
    const address = `${FOLDER}/functions/${reflection.name}.html`;
    const loss = { name: reflection.name, address, path: fileName, line };
    return documentedLoss(root, loss, { twin, proof: proof ?? '', tests: tests ?? '' });
  }
}

/** A link from a page of the documentation to an address of the site. */
function linkFrom(url: string): (address: string) => string {
  return (address) => relativeLink(`${FOLDER}/${url}`, address);
}

function subjectOf(path: string): string | undefined {
  const room = Object.keys(SUBJECTS).find((name) => path.includes(`/src/${name}/`));
  return room === undefined ? undefined : SUBJECTS[room];
}

function tagOf(signature: SignatureReflection | undefined, name: `@${string}`): string | undefined {
  const tag = signature?.comment?.getTag(name);
  return tag?.content
    .map(({ text }) => text)
    .join('')
    .trim();
}
