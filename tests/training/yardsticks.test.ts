import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BackendDescription, parseRunSpec, runExperiment, startBackend } from '../../src/index.js';
import { makePictureFolder, smallSpec, temporaryFolder } from '../picture-folder.js';

let backend: BackendDescription;
let folder: string;

beforeAll(async () => {
  backend = await startBackend({ threads: 1 });
  folder = await makePictureFolder();
});

const perClass = { name: 'm-per-class', classes: 4, imagesPerClass: 3 };
const cases: [string, Record<string, unknown>][] = [
  [
    'multi-similarity',
    { loss: { name: 'multi-similarity', alpha: 2, beta: 50, base: 0.5 }, batch: perClass },
  ],
  [
    'margin over distance-weighted pairs',
    {
      loss: { name: 'margin', margin: 0.2, beta: 1.2, normalize: 'all', pairs: 'distance-weighted' },
      batch: perClass,
    },
  ],
  ['Proxy-NCA', { loss: { name: 'proxy-nca', proxyLearningRateFactor: 10 }, batch: perClass }],
  [
    'Proxy-Anchor',
    { loss: { name: 'proxy-anchor', scale: 32, margin: 0.1, proxyLearningRateFactor: 100 }, batch: perClass },
  ],
  ['N-pair & angular on hard classes', { batch: { name: 'n-pair-hard-classes', classes: 3, candidates: 6 } }],
];

describe.each(cases)('a spec of %s', (_, changes) => {
  const spec = () => parseRunSpec(smallSpec(folder, { ...changes, steps: 8, validateEvery: 2 }), 'test');

  it('trains, leaves no tensor behind, and after a break ends bit for bit as without one', async () => {
    const before = tf.memory().numTensors;
    const whole = await runExperiment(spec(), { backend });
    expect(tf.memory().numTensors).toBe(before);

    const results = temporaryFolder();
    const stop = new AbortController();
    const broken = runExperiment(spec(), {
      backend,
      results,
      signal: stop.signal,
      onProgress: (step) => step === 5 && stop.abort(),
    });
    await expect(broken).rejects.toMatchObject({ code: 'cancelled' });
    const steps: number[] = [];
    const resumed = await runExperiment(spec(), { backend, results, onProgress: (step) => steps.push(step) });
    expect(steps[0]).toBe(5);
    expect(resumed.curve).toEqual(whole.curve);
    expect(resumed.metrics).toEqual(whole.metrics);
  });
});

describe('a run that is stopped while pictures are embedded', () => {
  it.each([
    { when: 'to validate', after: 5, goesOnAt: 6 },
    { when: 'to test', after: 8, goesOnAt: 8 },
  ])(
    '$when loses no step, leaves no tensor, and ends bit for bit as without a break',
    async ({ after, goesOnAt }) => {
      const spec = parseRunSpec(smallSpec(folder, { steps: 8, validateEvery: 2 }), 'test');
      const whole = await runExperiment(spec, { backend });
      const results = temporaryFolder();
      const stop = new AbortController();
      let reached = 0;
      const before = tf.memory().numTensors;
      const broken = runExperiment(spec, {
        backend,
        results,
        signal: stop.signal,
        onProgress: (step) => {
          reached = step;
        },
        onEmbedded: () => reached === after && stop.abort(),
      });
      await expect(broken).rejects.toMatchObject({ code: 'cancelled' });
      expect(tf.memory().numTensors).toBe(before);
      const steps: number[] = [];
      const resumed = await runExperiment(spec, { backend, results, onProgress: (step) => steps.push(step) });
      expect(steps[0]).toBe(goesOnAt);
      expect(resumed.curve).toEqual(whole.curve);
      expect(resumed.metrics).toEqual(whole.metrics);
    },
  );
});

describe('hard classes in a spec', () => {
  it('need at least as many candidates as classes', () => {
    const batch = { name: 'n-pair-hard-classes', classes: 4, candidates: 3 };
    expect(() => parseRunSpec(smallSpec(folder, { batch }), 'test')).toThrow(
      /batch\.candidates: must be as large as classes/,
    );
  });
});
