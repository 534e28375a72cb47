import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeEngine } from '../../src/backends/tensorflow/native-engine.js';
import { decidedRecords } from '../decided-records.js';
import { makePictureFolder, smallBase, smallSpec, temporaryFolder } from '../picture-folder.js';
import { kitPath, runKit } from './run-kit.js';

let experiment: string;
let folder: string;
/** Of a run without a break. */
let whole: string;
let first: ReturnType<typeof runKit>;

beforeAll(async () => {
  folder = await makePictureFolder();
  const { base, method, loss } = smallBase(folder, { steps: 60, validateEvery: 5 });
  experiment = join(temporaryFolder(), 'tiny.json');
  const file = {
    name: 'tiny',
    title: 'A tiny experiment',
    base,
    profiles: { quick: { description: '60 steps', seeds: [0, 1], spec: {} } },
    methods: [
      { method: 'Raw pixels', spec: { model: { name: 'raw-pixels' }, loss: null, steps: 0 } },
      { method, spec: { loss } },
    ],
  };
  writeFileSync(experiment, JSON.stringify(file));
  whole = join(temporaryFolder(), 'results');
  first = runKit(['reproduce', experiment, '--results', whole]);
}, 300_000);

const records = (results: string) => decidedRecords(results, 'tiny-quick');

describe('kit reproduce', () => {
  it('trains, evaluates, and writes records, tables, figures and one page; the second time it trains nothing', () => {
    const results = whole;
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(/4 runs, 4 to do/);
    expect(first.stdout).toMatch(/N-pair & angular.*\s\d+\.\d ± /);
    expect(records(results)).toHaveLength(4);
    for (const file of [
      'tables/tiny-quick.csv',
      'tables/tiny-quick.md',
      'figures/tiny-quick-recall.svg',
      'figures/tiny-quick-gallery.png',
      'figures/tiny-quick-map.png',
    ]) {
      expect(existsSync(join(results, file)), file).toBe(true);
    }
    const page = readFileSync(join(results, 'index.html'), 'utf8');
    for (const word of [
      'A tiny experiment',
      'Raw pixels',
      'A query and its nearest',
      'Map of the embedding',
      'Where each number comes from',
    ]) {
      expect(page).toContain(word);
    }
    expect(page).not.toMatch(/(src|href)="https?:/);

    const second = runKit(['reproduce', experiment, '--results', results]);
    expect(second.stdout).toMatch(/Nothing trained/);
    expect(second.status).toBe(0);
    expect(readFileSync(join(results, 'index.html'), 'utf8')).toBe(page);
  });

  it('goes on after kill -9 and ends with the records of a run without a break; two runs are equal', async () => {
    const [again, killed] = [0, 1].map(() => join(temporaryFolder(), 'results'));
    runKit(['reproduce', experiment, '--results', again]);
    const child = spawn(process.execPath, [kitPath, 'reproduce', experiment, '--results', killed], {
      detached: true,
      stdio: 'ignore',
    });
    const checkpoints = join(killed, 'checkpoints', 'tiny-quick');
    while (!existsSync(checkpoints) || readdirSync(checkpoints).length === 0) await wait(10);
    process.kill(-(child.pid as number), 'SIGKILL');
    await wait(200);
    expect(existsSync(join(killed, 'index.html'))).toBe(false);
    const { stdout } = runKit(['reproduce', experiment, '--results', killed]);
    expect(stdout).toMatch(/4 runs/);
    expect(records(killed)).toEqual(records(whole));
    expect(records(again)).toEqual(records(whole));
    expect(readdirSync(join(killed, 'checkpoints', 'tiny-quick'))).toEqual([]);
  });

  describe('of a data set that changed', () => {
    let changed: { pictures: string; results: string; run: (...more: string[]) => ReturnType<typeof runKit> };

    beforeAll(async () => {
      const pictures = await makePictureFolder();
      const text = readFileSync(experiment, 'utf8')
        .replaceAll(folder, pictures)
        .replace('"steps":60', '"steps":20');
      const file = join(temporaryFolder(), 'tiny.json');
      writeFileSync(file, text);
      const results = join(temporaryFolder(), 'results');
      const run = (...more: string[]) => runKit(['reproduce', file, '--results', results, ...more]);
      expect(run('--seeds', '1').status).toBe(0);
      writeFileSync(join(pictures, 'class-00', '0.png'), readFileSync(join(pictures, 'class-01', '0.png')));
      changed = { pictures, results, run };
    });

    it('refuses to put two of them into one table or page, and keeps the records', () => {
      const before = records(changed.results);
      for (const seeds of ['1', '2']) {
        const { status, stderr } = changed.run('--seeds', seeds);
        expect(stderr).toMatch(/changed since .*, seed 0 ran.*--force/);
        expect(stderr).not.toMatch(/\n\s+at /);
        expect(status).toBe(1);
        rmSync(join(changed.results, 'embeddings'), { recursive: true, force: true });
      }
      expect(changed.run('--seeds', '1').stderr).toMatch(/changed since/);
      expect(records(changed.results)).toEqual(before);
    });

    it('makes all records anew with --force', () => {
      const before = records(changed.results);
      expect(changed.run('--seeds', '1', '--force').status).toBe(0);
      const after = records(changed.results);
      expect(after.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      for (const [i, { data }] of after.entries()) expect(data.checksum).not.toBe(before[i].data.checksum);
    });

    it('still shows the table of records that came without embeddings when the data set is not there', () => {
      renameSync(changed.pictures, `${changed.pictures}-away`);
      rmSync(join(changed.results, 'embeddings'), { recursive: true });
      const { status, stdout } = changed.run('--seeds', '1');
      renameSync(`${changed.pictures}-away`, changed.pictures);
      expect(stdout).toMatch(/Nothing trained/);
      expect(status).toBe(0);
    });

    it('keeps the other methods in the table when it runs one', () => {
      const { stdout } = changed.run('--seeds', '1', '--only', 'raw pixels', '--force');
      expect(stdout).toMatch(/1 runs, 1 to do/);
      expect(stdout).toMatch(/N-pair & angular/);
    });
  });

  it('finds before the first run that a batch or a K asks for more than there is', () => {
    for (const [changes, message] of [
      ['"batch":{"name":"n-pair","classes":40}', /asks for 40 classes, but only 6/],
      [
        '"evaluation":{"ks":[1,99],"kMeansRestarts":1,"test":"read-once"}',
        /asks for the 99 nearest pictures, but the test classes have 16, so 15/,
      ],
    ] as const) {
      const part = /^"\w+"/.exec(changes)?.[0];
      const file = join(temporaryFolder(), 'tiny.json');
      writeFileSync(file, readFileSync(experiment, 'utf8').replace(new RegExp(`${part}:\\{.*?\\}`), changes));
      const results = join(temporaryFolder(), 'results');
      const { status, stderr } = runKit(['reproduce', file, '--results', results]);
      expect(stderr).toMatch(message);
      expect(status).toBe(1);
      expect(existsSync(results)).toBe(false);
    }
  });

  const known = new Map<string, number[]>();

  function lossesOn(backend: string, steps: number): number[] {
    const key = `${backend} ${steps}`;
    const losses = known.get(key) ?? trainOn(backend, steps);
    known.set(key, losses);
    return losses;
  }

  function trainOn(backend: string, steps: number): number[] {
    const results = join(temporaryFolder(), 'results');
    const spec = join(temporaryFolder(), 'spec.json');
    writeFileSync(spec, JSON.stringify(smallSpec(folder, { steps, validateEvery: 1 })));
    const { stdout, stderr } = runKit(['train', spec, '--results', results], { KIT_BACKEND: backend });
    expect(stderr).toBe('');
    const record = JSON.parse(readFileSync(stdout.trim().split('\n').at(-1) as string, 'utf8'));
    expect(record.environment.backend).toBe(backend);
    return (record.curve as { loss: number | null }[]).slice(1).map((point) => point.loss as number);
  }

  const hasNativeEngine = nativeEngine() !== undefined;

  it.each([
    ['wasm', 'cpu', 10, 1e-4],
    ['wasm-onnxruntime', 'cpu', 10, 1e-4],
    ...(hasNativeEngine ? [['tensorflow-cpu', 'wasm', 50, 1e-3] as const] : []),
  ] as const)(
    'gives the same losses on %s as on %s for %i steps, to %d',
    (backend, other, steps, tolerance) => {
      const [losses, expected] = [backend, other].map((name) => lossesOn(name, steps));
      expect(losses).toHaveLength(steps);
      for (const [i, loss] of losses.entries())
        expect(Math.abs(loss / expected[i] - 1)).toBeLessThan(tolerance);
    },
  );

  it.skipIf(hasNativeEngine)('needs kit native to compare TensorFlow’s engine with wasm', () => {});
});
