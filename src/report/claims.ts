import { readRecords } from '../experiments/record-store.js';
import { KitError } from '../kit-error.js';
import {
  agreementOf,
  allOf,
  type Claim,
  type Finding,
  type Verdict,
  verdict,
} from '../statistics/verdict.js';
import type { RunRecord } from '../types/run-record.js';
import { CONVERGENCE_COLUMN, type Comparison, comparePairs } from './comparison.js';
import { markdownTable } from './markdown-table.js';

/** One comparison that a claim rests on. */
interface ClaimTest {
  /** Experiment and profile: its records lie in `runs/<experiment>-<profile>`. */
  readonly experiment: string;
  readonly profile: string;
  /** Methods by name. */
  readonly first: string;
  readonly second: string;
  readonly claim: Claim;
  /** The score that is compared; R@1 unless said otherwise. */
  readonly column?: string;
}

export interface DeclaredClaim {
  readonly id: string;
  /** Whose claim it is. */
  readonly source: string;
  readonly sentence: string;
  readonly tests: readonly ClaimTest[];
  /** What would change the verdict. */
  readonly changedBy: string;
}

const METHOD_TABLES = [
  ['cars-methods', 'paper', ''],
  ['cars-methods', 'folds', ''],
  ['cub-crops-methods', 'paper', ''],
  ['cub-crops-methods', 'folds', ''],
  ['emoji', 'full', ''],
  ['emoji-methods', 'seeds', ''],
  ['emoji-methods', 'folds', ''],
  ['cars-long', 'quick', ', head'],
  ['cars-long', 'quick', ', from 5a'],
  ['cars-all', 'quick', ''],
] as const;

function larger(
  first: string,
  second: string,
  only: (experiment: string) => boolean = () => true,
): ClaimTest[] {
  return METHOD_TABLES.filter(([experiment]) => only(experiment)).map(([experiment, profile, suffix]) => ({
    experiment,
    profile,
    first: `${first}${suffix}`,
    second: `${second}${suffix}`,
    claim: { kind: 'larger' },
  }));
}

const withAllLosses = (experiment: string) => !['cars-long', 'cars-all'].includes(experiment);
const WHOLE_NETWORK = 'the whole network trained on the whole data sets';

/** Points of Recall@1 that "consistently well" allows between an α of the range and its best. */
const CONSISTENT = 2;

function consistent(
  experiment: string,
  profile: string,
  names: readonly string[],
  best: string,
): ClaimTest[] {
  return names
    .filter((name) => name !== best)
    .map((first) => ({
      experiment,
      profile,
      first,
      second: best,
      claim: { kind: 'not-smaller', by: CONSISTENT },
    }));
}

const one = (experiment: string, profile: string, first: string, second: string): ClaimTest => ({
  experiment,
  profile,
  first,
  second,
  claim: { kind: 'larger' },
});

const PAPER = 'Wang et al. 2017';

/** Every claim that the kit takes up. One without tests, or without records, is "not tested". */
export const CLAIMS: readonly DeclaredClaim[] = [
  {
    id: 'joint-beats-angular',
    source: PAPER,
    sentence: 'N-pair & angular retrieves better than angular alone.',
    tests: larger('N-pair & angular', 'Angular'),
    changedBy: WHOLE_NETWORK,
  },
  {
    id: 'angular-beats-n-pair',
    source: PAPER,
    sentence: 'Angular retrieves better than N-pair.',
    tests: larger('Angular', 'N-pair'),
    changedBy: `${WHOLE_NETWORK}; two public re-implementations have it the other way round`,
  },
  {
    id: 'n-pair-beats-triplet',
    source: `${PAPER}; Sohn 2016`,
    sentence: 'N-pair retrieves better than triplet.',
    tests: larger('N-pair', 'Triplet (semi-hard)'),
    changedBy: `${WHOLE_NETWORK}; another mining of triplets`,
  },
  {
    id: 'angular-beats-triplet',
    source: PAPER,
    sentence: 'Angular retrieves better than triplet.',
    tests: larger('Angular', 'Triplet (semi-hard)'),
    changedBy: `${WHOLE_NETWORK}; other learning rates (another group’s table flips with them)`,
  },
  {
    id: 'alpha-robust',
    source: PAPER,
    sentence: `N-pair & angular performs consistently well for 36° ≤ α ≤ 55° (here: each α at most ${CONSISTENT} points of Recall@1 below 45°).`,
    tests: [
      ...consistent(
        'cars-alpha-both',
        'paper',
        ['N-pair & angular, α = 36°', 'N-pair & angular, α = 55°'],
        'N-pair & angular, α = 45°',
      ),
      ...consistent('cars-alpha', 'quick', ['α = 36°', 'α = 42°', 'α = 48°', 'α = 55°'], 'α = 45°'),
    ],
    changedBy:
      'a learning rate of its own for each α; another reading of "consistently" (the two points were set after cars-alpha and before cars-alpha-both)',
  },
  {
    id: 'scale-invariance-helps',
    source: PAPER,
    sentence:
      'Invariance to scale helps: normalised embeddings retrieve better than free ones (here: at radius 1).',
    tests: [one('cars-normalise', 'paper', 'free norm, normalised in the loss', 'free norm')],
    changedBy:
      'another radius (table cars-normalise-paper: at 0.5 normalised ones retrieve worse than free ones); a learning rate of its own for each norm',
  },
  {
    id: 'converges-better',
    source: PAPER,
    sentence:
      'Angular converges better than triplet (here: higher Recall@1 on validation classes, mean over the steps).',
    tests: [
      one('cars-convergence-seeds', 'seeds', 'Angular, batch form', 'Triplet'),
      one('cars-methods', 'paper', 'Angular', 'Triplet (semi-hard)'),
      one('cub-crops-methods', 'paper', 'Angular', 'Triplet (semi-hard)'),
    ].map((test) => ({ ...test, column: CONVERGENCE_COLUMN })),
    changedBy: WHOLE_NETWORK,
  },
  {
    id: 'hard-classes-help',
    source: 'Sohn 2016',
    sentence: 'Hard negative class mining helps the N-pair loss.',
    tests: [one('cars-hard-classes', 'paper', 'N-pair, hard classes', 'N-pair, random classes')],
    changedBy: 'more classes than the 78 that train here',
  },
  {
    id: 'lifted-beats-triplet',
    source: 'Song et al. 2016',
    sentence: 'Lifted structure retrieves better than triplet.',
    tests: larger('Lifted structure', 'Triplet (semi-hard)', withAllLosses),
    changedBy: WHOLE_NETWORK,
  },
  {
    id: 'lifted-beats-contrastive',
    source: 'Song et al. 2016',
    sentence: 'Lifted structure retrieves better than contrastive.',
    tests: larger('Lifted structure', 'Contrastive', withAllLosses),
    changedBy: WHOLE_NETWORK,
  },
  {
    id: 'batch-form-beats-hinge',
    source: 'the thread of 2018: angular as a hinge with one negative trains badly',
    sentence: 'The batch form (Eq. 8) retrieves better than the hinge with one negative.',
    tests: [one('cars-form', 'paper', 'Log-sum-exp, all negatives (Eq. 8)', 'Hinge, one negative')],
    changedBy:
      'the hinge without the squared lengths, which trains (table cars-form-steps-paper); a learning rate of its own for each form',
  },
  {
    id: 'slower-than-triplet',
    source: 'the thread of 2018',
    sentence:
      'The angular hinge is optimised more slowly than the triplet loss (here: lower Recall@1 on validation classes, mean over the steps).',
    tests: [
      {
        ...one('cars-convergence-seeds', 'seeds', 'Triplet', 'Angular hinge, one negative'),
        column: CONVERGENCE_COLUMN,
      },
    ],
    changedBy: 'more tries of optimizer and rate than the eight of each loss in cars-convergence',
  },
];

export interface TestedClaim extends DeclaredClaim {
  readonly finding: Finding;
  /** One finding an experiment. */
  readonly byExperiment: readonly Finding[];
  readonly parts: readonly (ClaimTest & { readonly verdict: Verdict })[];
}

/** Verdicts of all claims from the records of a results folder; p-values of one experiment's comparisons of one score are corrected together. */
export function judgeClaims(results: string, claims: readonly DeclaredClaim[] = CLAIMS): TestedClaim[] {
  const tests = claims.flatMap((claim) => claim.tests);
  const evidence = new Map<string, { comparisons: Comparison[]; records: RunRecord[] }>();
  const tableOf = (test: ClaimTest) => JSON.stringify([folderOf(test), test.column]);
  for (const table of new Set(tests.map(tableOf))) {
    const own = tests.filter((test) => tableOf(test) === table);
    const records = readRecords(results, folderOf(own[0]));
    const pairs = own.map(({ first, second }) => [first, second] as const);
    const unique = [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()];
    evidence.set(table, { comparisons: comparePairs(records, unique, own[0].column), records });
  }
  return claims.map((claim) => {
    const parts = claim.tests.map((test) => {
      const { comparisons, records } = evidence.get(tableOf(test)) as {
        comparisons: Comparison[];
        records: RunRecord[];
      };
      const found = comparisons.find(({ first, second }) => first === test.first && second === test.second);
      return { ...test, verdict: verdict(found ?? null, test.claim, scopeOf(records[0], found)) };
    });
    const byExperiment = [...new Set(parts.map(folderOf))].map((folder) =>
      allOf(parts.filter((part) => folderOf(part) === folder).map((part) => part.verdict.finding)),
    );
    return { ...claim, parts, byExperiment, finding: agreementOf(byExperiment) };
  });
}

const folderOf = ({ experiment, profile }: ClaimTest) => `${experiment}-${profile}`;

function scopeOf(record: RunRecord | undefined, comparison: Comparison | undefined): string {
  if (record === undefined || comparison === undefined) return '';
  return [record.data.name, record.data.partial, comparison.over].filter((part) => part !== null).join('; ');
}

/** `verified in 2, inconclusive in 1, not tested in 3`. */
export function counted({ byExperiment }: TestedClaim): string {
  const kinds: Finding[] = ['verified', 'falsified', 'inconclusive', 'not tested'];
  const of = (kind: Finding) => byExperiment.filter((finding) => finding === kind).length;
  const parts = kinds.filter((kind) => of(kind) > 0).map((kind) => `${kind} in ${of(kind)}`);
  return parts.join(', ') || 'none declared';
}

/** In what the kit's protocol differs from the paper's, and what that does where it was measured. */
const DEVIATIONS: readonly (readonly [what: string, effect: string])[] = [
  [
    'Cars-196: the training half of the pictures only; the official test half is not here',
    'not measured: scores are of half as many pictures and not comparable with published ones',
  ],
  [
    'CUB: cropped birds of 100 classes, 58 for training and 42 for test',
    'not measured: another task, nearer to saturation',
  ],
  [
    'A head on frozen features, or blocks from 5a on, unless a row says `all`',
    'tables cars-quick and cars-long-quick set head and 5a side by side, with other crops, dropout and rates; the layers alone: not measured',
  ],
  [
    'Adam with a cosine schedule; the paper: SGD (secondary)',
    'one seed: cars-convergence holds both, table in notebook 16',
  ],
  [
    'The step and all settings are chosen on validation classes; the paper had none (secondary)',
    'classes and step, with a head on Cars: without them the means of four losses are 0.2 to 0.9 points of Recall@1 higher, intervals up to 2.0 (table cars-training-classes-paper, notebook 15); the choice of settings: not measured',
  ],
  [
    'Settings of fold experiments come from the papers’ split, whose training and validation classes are among the test classes of every fold',
    'not measured: may favour every trained method alike',
  ],
  [
    'Norm of the embedding held at a radius that is searched; what the paper did is unknown',
    'cars-normalise',
  ],
  [
    'λ, batch size, learning rate and iterations of the paper are unknown',
    'cars-lambda, cars-batch-size; rate: cars-convergence; iterations: not measured',
  ],
];

/** The verdicts of some claims, by id, from the records of a results folder. @throws KitError `invalid-argument` for another id */
export function claimsOverview(results: string, ids: readonly string[]): string {
  const unknown = ids.filter((id) => CLAIMS.every((claim) => claim.id !== id));
  if (unknown.length > 0)
    throw new KitError(
      'invalid-argument',
      `There is no claim ${unknown.join(', ')}; there are ${CLAIMS.map(({ id }) => id).join(', ')}.`,
    );
  const judged = judgeClaims(results).filter(({ id }) => ids.includes(id));
  return overviewTable(judged, ({ sentence }) => sentence);
}

function overviewTable(claims: readonly TestedClaim[], sentenceOf: (claim: TestedClaim) => string): string {
  return markdownTable(
    ['Claim', 'Source', 'Verdict', 'Experiments'],
    claims.map((claim) => [sentenceOf(claim), claim.source, claim.finding, counted(claim)]),
  );
}

export function claimsMarkdown(claims: readonly TestedClaim[]): string {
  const sections = claims.map((claim) => {
    const { id, source, sentence, finding, parts, changedBy } = claim;
    const rows = parts.map((part) => [
      part.verdict.finding === 'not tested'
        ? folderOf(part)
        : `[${folderOf(part)}](tables/${folderOf(part)}.md), [records](runs/${folderOf(part)})`,
      `${part.first} − ${part.second}, ${part.column ?? 'R@1'}`,
      part.verdict.reason,
      part.verdict.finding,
      part.verdict.scope,
      `\`npx kit reproduce ${part.experiment} --profile ${part.profile}\``,
    ]);
    const table =
      rows.length === 0
        ? 'No comparison is declared for it yet.'
        : markdownTable(['Experiment', 'Difference', 'Points', 'Finding', 'Over', 'Command'], rows);
    return `## ${id}\n\n${sentence} (${source})\n\n**${finding}** (${counted(claim)}). What would change it: ${changedBy}.\n\n${table}`;
  });
  const overview = overviewTable(claims, ({ sentence, id }) => `[${sentence}](#${id})`);
  return `# Claims

Made from the records of \`runs/\` by \`npx kit reproduce claims\`. A claim is verified or falsified where every experiment that was run says so, and inconclusive where they do not agree; an experiment that compares several pairs for one claim needs all of them. Its scope is the data and the network of those experiments, named in each row. Intervals are 95%; p-values are corrected for all comparisons that these claims make of one score in one experiment (Holm); tables elsewhere compare other sets and correct for those. A row without records is "not tested".

${overview}

${sections.join('\n\n')}

## Deviations from the paper's protocol

${markdownTable(['Deviation', 'Effect'], DEVIATIONS)}
`;
}
