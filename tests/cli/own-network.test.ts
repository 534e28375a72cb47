import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { deserialize } from 'node:v8';
import { beforeAll, describe, expect, it } from 'vitest';
import { embeddingsPath } from '../../src/experiments/record-store.js';
import type { RunEmbeddings } from '../../src/experiments/run-experiment.js';
import { makePictureFolder, temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

const fixtures = resolve('tests', 'features', 'fixtures', 'onnx');
const folder = temporaryFolder();
const environment = { KIT_CACHE: join(folder, 'cache') };
const results = join(folder, 'results');
let pictures: string;
let models: Record<'a' | 'b', string>;
beforeAll(async () => {
  pictures = await makePictureFolder(12, 4, 40);
  for (const name of ['a', 'b'])
    cpSync(join(fixtures, `beside-${name}`), join(folder, name), { recursive: true });
  models = { a: join(folder, 'a', 'model.onnx'), b: join(folder, 'b', 'model.onnx') };
});

interface Run {
  readonly id: string;
  readonly method: string;
  readonly spec: { readonly model: { readonly file: string; readonly sha256: string } };
  readonly data: { readonly weights: string };
}

function runsIn(experiment: string): Run[] {
  const directory = join(results, 'runs', experiment);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')));
}

const smoke = (model: string, ...options: string[]) =>
  runKit(
    ['reproduce', pictures, '--backbone', model, '--profile', 'smoke', '--results', results, ...options],
    environment,
  );

describe('kit reproduce on one’s own pictures with a network of one’s own', { timeout: 240_000 }, () => {
  it('trains heads on its features, says how pictures are prepared, and records it by the checksum of all its files', () => {
    const { stdout, stderr, status } = smoke(models.a);
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toMatch(
      /features of model\.onnx \(8 numbers, output "y"\), for which pictures are resized/,
    );
    expect(stdout).toMatch(/shorter side of 37 \(bilinear\), cut to the middle 32×32, RGB, less 123\.67/);
    const [{ method, spec, data }, ...others] = runsIn(
      `${pictures.split('/').at(-1)?.toLowerCase()}-model-smoke`,
    );
    expect(others).toHaveLength(4);
    expect(method).toBeDefined();
    expect(data.weights).toBe(spec.model.sha256);
    for (const other of others) expect(other.spec.model.sha256).toBe(data.weights);
  });

  it('takes other weights beside the same graph for another network, features and runs anew', () => {
    const name = `${pictures.split('/').at(-1)?.toLowerCase()}-model-smoke`;
    const before = new Map(runsIn(name).map((run) => [run.id, run]));
    expect(smoke(models.b, '--force').stderr).toBe('');
    const added = runsIn(name).filter(({ id }) => !before.has(id));
    expect(added).toHaveLength(5);
    expect(new Set(added.map(({ data }) => data.weights)).size).toBe(1);
    for (const run of before.values()) expect(run.data.weights).not.toBe(added[0].data.weights);
    const frozen = (runs: readonly Run[]) => {
      const { id } = runs.find(({ method }) => method === 'Features as they are') as Run;
      return [...(deserialize(readFileSync(embeddingsPath(results, name, id))) as RunEmbeddings).vectors];
    };
    expect(frozen(added)).not.toEqual(frozen([...before.values()]));
  });

  it('says what it takes, trains nothing, and writes an experiment that names the network from where it lies', () => {
    const planned = smoke(models.a, '--plan', '--seeds', '2');
    expect([planned.stderr, planned.status]).toEqual(['', 0]);
    expect(planned.stdout).toMatch(/features of 48 pictures, made once/);
    const file = join(folder, 'mine.json');
    const model = relative(process.cwd(), models.a);
    expect(smoke(model, '--preprocess', 'clip', '--write-experiment', file).stderr).toBe('');
    const { base } = JSON.parse(readFileSync(file, 'utf8'));
    expect(base.model.file).toBe(join('a', 'model.onnx'));
    expect(base.model.preprocessing).toMatchObject({ interpolation: 'bicubic', resize: 32, crop: 32 });
    const run = runKit([
      'reproduce',
      file,
      '--profile',
      'smoke',
      '--only',
      'angular',
      '--results',
      results,
      '--plan',
    ]);
    expect([run.stderr, run.status]).toEqual(['', 0]);
  });

  it('names the output, the input and the value of another input as kit embed does', () => {
    const { stdout, stderr } = smoke(
      join(fixtures, 'two-inputs.onnx'),
      '--input-value',
      'k=2',
      '--input',
      'x',
      '--plan',
    );
    expect(stderr).toBe('');
    expect(stdout).toMatch(/two-inputs\.onnx \(3 numbers/);
  });

  it('goes on from a record whose network changed only when told so', () => {
    const copy = join(folder, 'changing');
    mkdirSync(copy);
    const file = join(folder, 'changing.json');
    for (const part of ['model.onnx', 'model.onnx.data'])
      copyFileSync(join(folder, 'a', part), join(copy, part));
    expect(smoke(join(copy, 'model.onnx'), '--write-experiment', file).stderr).toBe('');
    copyFileSync(join(folder, 'b', 'model.onnx.data'), join(copy, 'model.onnx.data'));
    const { stderr, status } = runKit(['reproduce', file, '--profile', 'smoke', '--results', results]);
    expect(stderr).toMatch(
      /changing\/model\.onnx is not the network that was used: SHA-256 \w{16}… is asked for/,
    );
    expect(status).toBe(1);
  });

  it.each([
    [
      'an option of a network without one',
      ['--preprocess', 'clip'],
      /--preprocess is of ONNX files; name one with --backbone net\.onnx/,
    ],
    [
      'an output of a network of the kit',
      ['--backbone', 'googlenet', '--layer', 'pool4'],
      /--layer is of ONNX files; googlenet takes/,
    ],
    ['a network that is not there', ['--backbone', 'gone.onnx'], /gone\.onnx can't be loaded/],
    [
      'an output that it lacks',
      ['--backbone', join(fixtures, 'plain.onnx'), '--layer', 'z'],
      /has no output "z"; it has q/,
    ],
    [
      'features that depend on the batch',
      ['--backbone', join(fixtures, 'depends-on-batch.onnx')],
      /it was exported in training mode/,
    ],
    [
      'a file that is no network',
      ['--backbone', join(folder, 'text.onnx')],
      /text\.onnx can't be loaded \(it is cut off or no ONNX file\)/,
    ],
  ])('refuses %s, in words', (_, options, message) => {
    writeFileSync(join(folder, 'text.onnx'), 'no network');
    const { stderr, status } = runKit(['reproduce', pictures, ...options, '--results', results], environment);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  });

  it('refuses an option of a network on an experiment', () => {
    expect(runKit(['reproduce', 'emoji', '--crop', '32']).stderr).toMatch(/--crop is of ONNX files/);
  });
});
