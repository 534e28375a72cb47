import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  allTriplets,
  angularTriplets,
  batchHardTriplets,
  constructedAngleAtNegative,
  distanceWeightedTriplets,
  type EmbeddingTable,
  HardClassNPairSampler,
  hardTriplets,
  multiSimilarityPairs,
  SeededRandom,
  semiHardTriplets,
  type Triplets,
} from '../../src/index.js';

const rowsOf = ({ vectors, dimension, labels }: EmbeddingTable) =>
  Array.from(labels, (_, i) => Array.from(vectors.subarray(i * dimension, (i + 1) * dimension)));
const squared = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
const listed = ({ anchors, positives, negatives }: Triplets) =>
  Array.from(anchors, (anchor, i) => [anchor, positives[i], negatives[i]].join());

function every(table: EmbeddingTable, passes: (a: number[], p: number[], n: number[]) => boolean): string[] {
  const rows = rowsOf(table);
  const all = [...rows.keys()];
  return all.flatMap((a) =>
    all.flatMap((p) =>
      all
        .filter((n) => a !== p && table.labels[a] === table.labels[p] && table.labels[n] !== table.labels[a])
        .filter((n) => passes(rows[a], rows[p], rows[n]))
        .map((n) => [a, p, n].join()),
    ),
  );
}

const tables = fc.integer({ min: 0, max: 1e6 }).map((seed): EmbeddingTable => {
  const random = new SeededRandom(seed);
  const n = 2 + random.integer(14);
  return {
    vectors: Float32Array.from({ length: 3 * n }, () => random.normal()),
    dimension: 3,
    labels: Int32Array.from({ length: n }, () => random.integer(4)),
  };
});

/** Whole coordinates: many sides are of one length. */
const tied = tables.map((table) => ({ ...table, vectors: table.vectors.map(Math.round) }));

describe('each miner finds what a search over all triplets finds:', () => {
  const cases: [
    string,
    (table: EmbeddingTable) => Triplets,
    (a: number[], p: number[], n: number[]) => boolean,
  ][] = [
    ['all', (table) => allTriplets(table), () => true],
    ['hard', (table) => hardTriplets(table), (a, p, n) => squared(a, n) < squared(a, p)],
    [
      'semi-hard',
      (table) => semiHardTriplets(table, { margin: 0.7 }),
      (a, p, n) => squared(a, n) > squared(a, p) && squared(a, n) - squared(a, p) < 0.7,
    ],
    [
      'angular, the angle being constructed',
      (table) => angularTriplets(table, { alphaDegrees: 36 }),
      (anchor, positive, negative) => constructedAngleAtNegative({ anchor, positive, negative }) > 36,
    ],
  ];

  it.each(cases)('%s', (_, mine, passes) => {
    fc.assert(
      fc.property(
        fc.oneof(tables, tied),
        (table) => void expect(listed(mine(table)).sort()).toEqual(every(table, passes).sort()),
      ),
    );
  });

  it('batch-hard, the lower row among equals', () => {
    fc.assert(
      fc.property(fc.oneof(tables, tied), (table) => {
        const rows = rowsOf(table);
        const all = every(table, () => true).map((text) => text.split(',').map(Number));
        const expected = [...rows.keys()].flatMap((anchor) => {
          const own = all.filter(([a]) => a === anchor);
          if (own.length === 0) return [];
          const side = (row: number) => squared(rows[anchor], rows[row]);
          const [positives, negatives] = [1, 2].map((role) =>
            [...new Set(own.map((triplet) => triplet[role]))].sort((x, y) => x - y),
          );
          const farthest = positives.find((row) => side(row) === Math.max(...positives.map(side)));
          const nearest = negatives.find((row) => side(row) === Math.min(...negatives.map(side)));
          return [[anchor, farthest, nearest].join()];
        });
        expect(listed(batchHardTriplets(table))).toEqual(expected);
      }),
    );
  });

  it('multi-similarity', () => {
    fc.assert(
      fc.property(tables, (table) => {
        const rows = rowsOf(table);
        const cosine = (i: number, j: number) =>
          rows[i].reduce((sum, value, k) => sum + value * rows[j][k], 0) /
          Math.hypot(...rows[i]) /
          Math.hypot(...rows[j]);
        const all = [...rows.keys()];
        const same = (i: number, j: number) => i !== j && table.labels[i] === table.labels[j];
        const other = (i: number, j: number) => table.labels[i] !== table.labels[j];
        const mined = multiSimilarityPairs(table, { epsilon: 0.1 });
        const negatives = all.flatMap((a) =>
          all
            .filter(
              (n) => other(a, n) && all.some((p) => same(a, p) && cosine(a, n) + 0.1 > cosine(a, p) + 1e-6),
            )
            .map((n) => [a, n]),
        );
        const positives = all.flatMap((a) =>
          all
            .filter(
              (p) => same(a, p) && all.some((n) => other(a, n) && cosine(a, n) + 0.1 > cosine(a, p) + 1e-6),
            )
            .map((p) => [a, p]),
        );
        expect(mined.negatives).toEqual(negatives);
        expect(mined.positives).toEqual(positives);
      }),
    );
  });
});

describe('a miner of triplets', () => {
  it('refuses to return more than it is allowed, and says what to do', () => {
    const table = {
      vectors: new Float32Array(40),
      dimension: 1,
      labels: Int32Array.from({ length: 40 }, (_, i) => i % 2),
    };
    expect(() => allTriplets(table, { most: 1000 })).toThrow(/more than 1000 triplets. Mine smaller batches/);
    expect(allTriplets(table, { most: 40 * 19 * 20 }).anchors).toHaveLength(40 * 19 * 20);
  });
});

it('the angular miner refuses an α that no triangle has', () => {
  const table = { vectors: new Float32Array(8), dimension: 2, labels: Int32Array.of(0, 0, 1, 1) };
  expect(() => angularTriplets(table, { alphaDegrees: 120 })).toThrow(/alphaDegrees is 120; α is an angle/);
});

describe('distance-weighted sampling', () => {
  // On the circle (d = 2), q(D) ∝ (1 − D²/4)^(−½): weight √(1 − D²/4). Negatives at D = 1 and D = 1.2 from the anchor.
  it('draws negatives with the inverse density of their distance', () => {
    const at = (distance: number) => 2 * Math.asin(distance / 2);
    const angles = [0, 0, at(1), -at(1.2), at(1.9)];
    const table = {
      vectors: Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)])),
      dimension: 2,
      labels: Int32Array.of(0, 0, 1, 2, 3),
    };
    let nearer = 0;
    let draws = 0;
    for (let seed = 0; seed < 3000; seed++) {
      const { anchors, negatives } = distanceWeightedTriplets(table, { random: new SeededRandom(seed) });
      expect(Array.from(anchors)).toEqual([0, 1]);
      for (const negative of negatives) {
        draws++;
        if (negative === 2) nearer++;
        expect(negative).not.toBe(4);
      }
    }
    const [first, second] = [Math.sqrt(1 - 1 / 4), Math.sqrt(1 - 1.44 / 4)];
    expect(nearer / draws).toBeCloseTo(first / (first + second), 1);
  });

  it('in six dimensions draws as often as a table of weights over all negatives says', () => {
    const random = new SeededRandom('six dimensions');
    const [d, n, draws] = [6, 8, 6000];
    const table = {
      vectors: Float32Array.from({ length: d * n }, () => random.normal()),
      dimension: d,
      labels: Int32Array.from({ length: n }, (_, i) => Math.max(1, i)),
    };
    const unit = rowsOf(table).map((row) => row.map((value) => value / Math.hypot(...row)));
    const weights = unit.slice(2).map((row) => {
      const distance = Math.sqrt(squared(unit[0], row));
      const kept = Math.max(distance, 0.9);
      return distance > 1.6 ? 0 : 1 / (kept ** (d - 2) * (1 - kept ** 2 / 4) ** ((d - 3) / 2));
    });
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const counts = new Float64Array(n);
    for (let seed = 0; seed < draws; seed++) {
      const options = { random: new SeededRandom(seed), cutoff: 0.9, farthest: 1.6 };
      counts[distanceWeightedTriplets(table, options).negatives[0]]++;
    }
    expect(weights.filter((weight) => weight > 0).length).toBeGreaterThan(2);
    for (const [i, weight] of weights.entries()) {
      const share = weight / total;
      const fourDeviations = 4 * Math.sqrt((share * (1 - share)) / draws);
      expect(Math.abs(counts[i + 2] / draws - share)).toBeLessThanOrEqual(fourDeviations);
    }
  });

  it('draws no negative opposite to the anchor, whose weight is no number', () => {
    const table = {
      vectors: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0),
      dimension: 4,
      labels: Int32Array.of(0, 0, 1, 2),
    };
    for (let seed = 0; seed < 20; seed++) {
      const { negatives } = distanceWeightedTriplets(table, { random: new SeededRandom(seed), farthest: 2 });
      expect(Array.from(negatives)).toEqual([3, 3]);
    }
  });
});

describe('hard class mining for N-pair batches', () => {
  const labels = Array.from({ length: 20 }, (_, i) => Math.floor(i / 2));

  it('adds the class that is most similar to those chosen so far, one after another', () => {
    const sampler = new HardClassNPairSampler({ labels, classes: 4, candidates: 10, dimension: 2 });
    const representative = (label: number) => [Math.cos(label / 2), Math.sin(label / 2)];
    sampler.observe([...Array(10).keys()], Float32Array.from([...Array(10).keys()].flatMap(representative)));
    for (let seed = 0; seed < 20; seed++) {
      const batch = sampler.batch(new SeededRandom(seed)).map((position) => labels[position]);
      const chosen = batch.filter((_, row) => row % 2 === 0);
      expect(batch.filter((_, row) => row % 2 === 1)).toEqual(chosen);
      for (let i = 1; i < chosen.length; i++) {
        const best = (label: number) =>
          Math.max(...chosen.slice(0, i).map((other) => Math.cos((label - other) / 2)));
        const rest = [...Array(10).keys()].filter((label) => !chosen.slice(0, i).includes(label));
        expect(best(chosen[i])).toBeCloseTo(Math.max(...rest.map(best)), 6);
      }
    }
  });

  it('prefers the latest embedding of a class, and no class that was not seen', () => {
    const sampler = new HardClassNPairSampler({ labels, classes: 2, candidates: 10, dimension: 1 });
    sampler.observe([0, 1, 2, 2], Float32Array.of(1, 3, 9, 2));
    const hardest = [1, 2, 1];
    for (let seed = 0; seed < 60; seed++) {
      const [first, , second] = sampler.batch(new SeededRandom(seed)).map((position) => labels[position]);
      if (first < 3) expect(second).toBe(hardest[first]);
    }
  });

  it('refuses more candidates than there are classes, and fewer than it is to choose', () => {
    expect(() => new HardClassNPairSampler({ labels, classes: 2, candidates: 11, dimension: 1 })).toThrow(
      /11 classes, but only 10/,
    );
    expect(() => new HardClassNPairSampler({ labels, classes: 5, candidates: 4, dimension: 1 })).toThrow(
      /4 candidates are fewer than the 5 classes/,
    );
  });
});
