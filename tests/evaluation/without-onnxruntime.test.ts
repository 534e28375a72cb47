import * as tf from '@tensorflow/tfjs';
import { expect, it, vi } from 'vitest';
import { kMeans } from '../../src/evaluation/k-means.js';
import { nearestNeighbours } from '../../src/evaluation/nearest-neighbours.js';
import { rankPositives } from '../../src/evaluation/positive-ranks.js';
import { scoreEngine } from '../../src/evaluation/start-score-engine.js';
import { scatteredTable } from './random-table.js';

vi.mock('onnxruntime-node', () => {
  throw new Error('no native library here');
});

it('without onnxruntime the same neighbours, ranks and clusters come from tfjs, and leave no tensor behind', async () => {
  expect((await scoreEngine()).name).toMatch(/^tfjs/);
  const table = scatteredTable(90, 6, 12, 0.7, 'plain');
  const before = tf.memory().numTensors;
  const { indices } = await nearestNeighbours(table, 20, { metric: 'euclidean' });
  const { nearest } = await rankPositives(table, { metric: 'euclidean' });
  const { assignments, inertia } = await kMeans(table, { k: 12, seed: 1 });
  expect(tf.memory().numTensors).toBe(before);

  const squared = (a: number, b: number) => {
    let sum = 0;
    for (let i = 0; i < 6; i++) sum += (table.vectors[6 * a + i] - table.vectors[6 * b + i]) ** 2;
    return sum;
  };
  for (let row = 0; row < 90; row++) {
    const others = [...table.labels.keys()]
      .filter((j) => j !== row)
      .sort((a, b) => squared(row, a) - squared(row, b));
    expect(Array.from(indices.subarray(20 * row, 20 * row + 20))).toEqual(others.slice(0, 20));
    expect(nearest[row]).toBe(others.findIndex((j) => table.labels[j] === table.labels[row]) + 1);
  }
  expect(new Set(assignments).size).toBe(12);
  expect(inertia).toBeGreaterThan(0);
});
