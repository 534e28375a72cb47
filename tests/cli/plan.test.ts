import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readExperiment } from '../../src/experiments/experiment-file.js';
import { runId } from '../../src/experiments/run-spec.js';
import { folderWith, makePictureFolder, smallBase, temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

const SETS = [
  ['cub-200', 'CUB-200-2011', 'cub200', '11,788'],
  ['cars-196', 'Cars-196', 'cars196', '16,185'],
  ['online-products', 'Stanford Online Products', 'online-products', '120,053'],
] as const;

function withoutData(args: readonly string[]) {
  const [KIT_DATA, KIT_CACHE, parent] = [0, 1, 2].map(() => temporaryFolder());
  const results = join(parent, 'results');
  const answer = runKit(['reproduce', ...args, '--results', results], {
    KIT_DATA,
    KIT_CACHE,
    KIT_BACKEND: 'wasm',
  });
  return { ...answer, left: [...readdirSync(KIT_DATA), ...readdirSync(KIT_CACHE), ...readdirSync(parent)] };
}

describe('kit reproduce --plan', () => {
  it.each(SETS)(
    'says of %s without data and weights what it takes and how to get them, and leaves nothing behind',
    (name, title, source, pictures) => {
      const { status, stdout, stderr, left } = withoutData([name, '--plan']);
      expect(stderr).toBe('');
      expect(status).toBe(0);
      expect(stdout).toMatch(/18 runs, 18 to do/);
      expect(stdout).toMatch(/15 runs, 15,000 steps of 64 pictures; 3 runs train nothing/);
      expect(stdout).toContain(`Missing: ${title} is not in`);
      expect(stdout).toContain(`npx kit data get ${source} --accept-license`);
      expect(stdout).toMatch(/Missing: GoogLeNet's weights are not in/);
      expect(stdout).toMatch(/Time: about \d+ (s|min|h|days) on wasm \(/);
      expect(stdout).toMatch(/\d s a step of 64 pictures of Triplet \(semi-hard\), measured here, on noise/);
      expect(stdout).toContain(`features of ${pictures} pictures`);
      expect(stdout).toMatch(/Memory: about \S+ [MG]B a process/);
      expect(stdout).toMatch(/Disk: \d\.\d GB of pictures to get.* of features.* of results/);
      expect(stdout).toMatch(/The paper's: /);
      expect(stdout).toMatch(/Nothing was trained/);
      expect(left).toEqual([]);
    },
  );

  it.each(SETS)('is all that %s does without data: a run is refused before anything else', (name, title) => {
    const { status, stdout, stderr, left } = withoutData([name]);
    expect(status).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`${title} is not in`);
    expect(stderr).toMatch(/npx kit data get/);
    expect(stderr).toMatch(/GoogLeNet's weights are not in/);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(left).toEqual([]);
  });

  it('times fewer pictures where a whole batch takes long or does not fit, and says so', () => {
    const { stdout, stderr } = withoutData([
      'cub-200',
      '--plan',
      '--profile',
      'large-gpu',
      '--seeds',
      '1',
      '--only',
      'n-pair',
    ]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/To train: 1 runs, 20,000 steps of 120 pictures/);
    expect(stdout).toMatch(/scaled from a batch of 8 measured here/);
    expect(stdout).toMatch(/a process on wasm can have 4\.3 GB at most/);
    expect(stdout).toMatch(/2\.3 GB of pictures at 256×256/);
  });

  it('leaves out what has a record, and what is not asked for', async () => {
    const { base, method, loss } = smallBase(await makePictureFolder());
    const profiles = { quick: { description: '', seeds: [0], spec: {} } };
    const methods = [
      { method, spec: { loss } },
      { method: 'N-pair', spec: { loss: { name: 'n-pair', l2: 0 } } },
    ];
    const file = JSON.stringify({ name: 'tiny', title: 'Tiny', base, profiles, methods });
    const experiment = join(folderWith({ 'tiny.json': file }), 'tiny.json');
    const results = join(temporaryFolder(), 'results');
    const { specs } = readExperiment(experiment, { only: ['N-pair'] });
    const folder = join(results, 'runs', specs[0].experiment);
    mkdirSync(folder, { recursive: true });
    const plan = (...more: string[]) =>
      runKit(['reproduce', experiment, '--plan', '--only', 'n-pair', ...more, '--results', results], {
        KIT_BACKEND: 'wasm',
      }).stdout;
    expect(plan('--seeds', '2', '--workers', '1')).toMatch(
      /2 runs, 2 to do.*To train: 2 runs.*one run after the other/s,
    );
    writeFileSync(join(folder, `${runId(specs[0])}.json`), '{}');
    expect(plan()).toMatch(/1 runs, 0 to do\.(?!.*To train)/s);
    expect(existsSync(join(results, 'index.html'))).toBe(false);
  });
});
