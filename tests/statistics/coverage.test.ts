import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/seeded-random.js';
import { pairedDifference } from '../../src/statistics/paired-difference.js';
import { twoLevelDifference } from '../../src/statistics/two-level-bootstrap.js';

/** How often, in percent, an interval holds 0 where there is no difference. */
function coverage(repeats: number, interval: (repeat: number) => readonly [number, number] | null): number {
  let covered = 0;
  for (let i = 0; i < repeats; i++) {
    const [low, high] = interval(i) as [number, number];
    if (low <= 0 && high >= 0) covered++;
  }
  return (100 * covered) / repeats;
}

function expectHonest(covered: number, most = 97): void {
  expect(covered).toBeGreaterThanOrEqual(93);
  expect(covered).toBeLessThanOrEqual(most);
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

/** Hits of two methods that are equal by symmetry; spreads on the logit of classes, runs and both. */
function hits(random: SeededRandom, runs: number, classes: number, spread: readonly number[]) {
  const [ofClasses, ofRuns, ofBoth] = spread;
  const queries = Array.from({ length: classes }, () => 25 + random.integer(20));
  const ability = queries.map(() => 1.2 * random.normal());
  const own = [0, 1].map(() => queries.map(() => ofClasses * random.normal()));
  const sums = Array.from({ length: runs }, () => {
    const run = [ofRuns * random.normal(), ofRuns * random.normal()];
    return queries.map((count, c) => {
      const [first, second] = [0, 1].map((m) => {
        const share = logistic(ability[c] + own[m][c] + run[m] + ofBoth * random.normal());
        // A binomial draw by its normal limit.
        return count * share + Math.sqrt(count * share * (1 - share)) * random.normal();
      });
      return first - second;
    });
  });
  return { queries, sums };
}

describe('95% intervals, where there is no difference, hold 0 in 93 to 97 of 100, with three runs in up to 98', () => {
  const spreads = {
    'what classes differ in decides': [0.5, 0.02, 0.1],
    'classes and runs decide alike': [0.3, 0.1, 0.2],
    'what runs differ in decides': [0.05, 0.25, 0.1],
    'single queries decide': [0, 0, 0],
  };
  const cases = [
    [1, 42],
    [3, 42],
    [3, 98],
    [5, 42],
    [5, 98],
  ].flatMap(([runs, classes]) =>
    Object.entries(spreads)
      .filter(([name]) => runs > 1 || name.startsWith('single'))
      .map(([name, spread]) => [runs, classes, name, spread] as const),
  );

  it.each(cases)('two-level bootstrap, %i runs, %i test classes, %s', (runs, classes, name, spread) => {
    const random = new SeededRandom(`coverage ${runs} ${classes} ${name}`);
    expectHonest(
      coverage(
        1000,
        (seed) => twoLevelDifference(hits(random, runs, classes, spread), { draws: 500, seed }).interval,
      ),
      // Two degrees of freedom know little of the runs: on the safe side where these decide nothing.
      runs === 3 ? 98 : 97,
    );
  });

  it.each([3, 5])('t-interval over %i seeds', (seeds) => {
    const random = new SeededRandom(`t over ${seeds}`);
    const values = () => Array.from({ length: seeds }, () => random.normal());
    expectHonest(coverage(4000, () => pairedDifference(values()).interval));
  });

  // Two learners that weigh features by their spread between training classes over that within them; one sees one half of
  // the features, the other the other, which have one distribution: neither is better. Folds share training classes.
  it.each([
    [100, 6, 8, 0.3],
    [98, 5, 4, 0.6],
  ])(
    't-interval over four folds of %i classes, learners of features',
    (classes, pictures, features, noise) => {
      const random = new SeededRandom(`folds ${classes} ${features}`);
      expectHonest(
        coverage(
          500,
          () => pairedDifference(foldDifferences(random, { classes, pictures, features, noise })).interval,
        ),
      );
    },
  );
});

interface LearningProblem {
  readonly classes: number;
  readonly pictures: number;
  readonly features: number;
  readonly noise: number;
}

function foldDifferences(
  random: SeededRandom,
  { classes, pictures, features, noise }: LearningProblem,
): number[] {
  const points = Array.from({ length: classes }, () => {
    const centre = Array.from({ length: 2 * features }, (_, j) => [0.3, 1.5][j % 2] * random.normal());
    const spread = noise * Math.exp(0.5 * random.normal());
    return Array.from({ length: pictures }, () => centre.map((value) => value + spread * random.normal()));
  });
  return [0, 1, 2, 3].map((fold) => {
    const of = (test: boolean) => points.filter((_, c) => (c % 4 === fold) === test);
    const [first, second] = [0, features].map((start) => {
      const weights = Array.from(
        { length: features },
        (_, j) => Math.exp(0.7 * random.normal()) * betweenOverWithin(of(false), start + j),
      );
      return recallAt1(of(true), start, weights);
    });
    return first - second;
  });
}

function betweenOverWithin(classes: readonly number[][][], feature: number): number {
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const spread = (values: readonly number[]) => mean(values.map((v) => (v - mean(values)) ** 2));
  const own = classes.map((pictures) => pictures.map((picture) => picture[feature]));
  return spread(own.map(mean)) / mean(own.map(spread));
}

function recallAt1(classes: readonly number[][][], start: number, weights: readonly number[]): number {
  const rows = classes.flatMap((pictures, label) => pictures.map((picture) => ({ picture, label })));
  let found = 0;
  for (const query of rows) {
    let nearest = Number.POSITIVE_INFINITY;
    let label = -1;
    for (const other of rows) {
      if (other === query) continue;
      let distance = 0;
      for (let j = 0; j < weights.length; j++)
        distance += weights[j] * (query.picture[start + j] - other.picture[start + j]) ** 2;
      if (distance < nearest) [nearest, label] = [distance, other.label];
    }
    if (label === query.label) found++;
  }
  return found / rows.length;
}
