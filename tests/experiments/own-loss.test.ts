import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeLoss } from '../../src/experiments/declared-losses.js';
import { readExperiment } from '../../src/experiments/experiment-file.js';
import { angularLoss, parseRunSpec, runId, SeededRandom } from '../../src/index.js';
import { runKit } from '../cli/run-kit.js';
import { folderWith, makePictureFolder, smallBase, smallSpec } from '../picture-folder.js';

let pictures: string;
beforeAll(async () => {
  pictures = await makePictureFolder();
});

const run = { classes: [0, 1], dimension: 2, random: new SeededRandom(0) };
const embeddings = [
  [1, 0.2],
  [0.9, 0.1],
  [-0.3, 1],
  [0.1, 0.8],
];
const labels = [0, 0, 1, 1];

const OWN = `import { angularLoss } from 'angular-loss-kit';
import { half } from './half.js';
interface Options { readonly alphaDegrees: number }
export default ({ alphaDegrees }: Options) => {
  const angular = angularLoss({ alphaDegrees, negatives: 'other-classes' });
  return (embeddings, labels: ArrayLike<number>) => angular(embeddings, labels).mul(half);
};
`;

const made = (path: string, options?: Record<string, unknown>) =>
  makeLoss({ name: 'module', module: path, options }, run);

describe('a loss of a TypeScript file', () => {
  it('is made of its options, sees the kit and what it imports by path, and leaves no tensor', () => {
    const folder = folderWith({ 'my-loss.ts': OWN, 'half.ts': 'export const half: number = 0.5;\n' });
    const loss = made(join(folder, 'my-loss.ts'), { alphaDegrees: 40 });
    const before = tf.memory().numTensors;
    const [value, expected] = [loss, angularLoss({ alphaDegrees: 40, negatives: 'other-classes' })].map(
      (of) => tf.tidy(() => of(tf.tensor2d(embeddings), labels).dataSync()[0]),
    );
    expect(tf.memory().numTensors).toBe(before);
    expect(value).toBeCloseTo(expected / 2, 6);
  });

  it('counts in the run id by its content and that of its imports, not by where it lies', () => {
    const half = (value: number) => ({ 'my-loss.ts': OWN, 'half.ts': `export const half = ${value};\n` });
    const ids = [half(0.5), half(0.5), half(0.25)].map((of) => {
      const loss = { module: join(folderWith(of), 'my-loss.ts') };
      return runId(parseRunSpec(smallSpec('pictures', { loss }), 'test'));
    });
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('is found beside the file that names it, also the one that is extended', () => {
    const { base } = smallBase('pictures');
    const experimentFile = (own: object) => JSON.stringify({ name: 'own', title: 'Own', ...own });
    const folder = folderWith({
      'below/losses/my-loss.ts': OWN,
      'below/losses/half.ts': 'export const half = 1;',
      'below/base.json': experimentFile({
        base: { ...base, loss: { module: './losses/my-loss.ts', options: { alphaDegrees: 30 } } },
        profiles: { quick: { description: '', seeds: [0], spec: {} } },
        methods: [{ method: 'Own', spec: {} }],
      }),
      'above.json': experimentFile({
        extends: './below/base.json',
        methods: [
          { method: 'Own at 40', spec: { loss: { options: { alphaDegrees: 40 } } } },
          { method: 'N-pair', spec: { loss: { name: 'n-pair', l2: 0 } } },
        ],
      }),
    });
    const [own, builtIn] = readExperiment(join(folder, 'above.json'), { profile: 'quick' }).specs;
    expect(own.loss).toMatchObject({
      module: join(folder, 'below/losses/my-loss.ts'),
      options: { alphaDegrees: 40 },
    });
    expect(builtIn.loss).toEqual({ name: 'n-pair', l2: 0 });
  });

  it.each([
    ['no default export', 'export const loss = () => {};', /no default export that is a function/],
    [
      'a default export that returns no loss',
      'export default () => 3;',
      /default export returns 3\. Expected/,
    ],
    ['a mistake while it loads', 'const a = null;\nexport default a.b;', /can not be loaded: .*null/],
    [
      'a package that is not there',
      "import 'no-such-package';",
      /can not be loaded: Cannot find module 'no-such-package'/,
    ],
    ['a typing mistake', 'export default (a => {', /my-loss\.ts:1:\d+: /],
    [
      'an import that is not there',
      "import './nowhere';",
      /my-loss\.ts:1:8: Could not resolve "\.\/nowhere"/,
    ],
  ])('with %s is refused by what is wrong', (_, text, message) => {
    expect(() => made(join(folderWith({ 'my-loss.ts': text }), 'my-loss.ts'))).toThrow(message);
  });

  it.each([
    ['a value per row', '(e) => e.mean(1)', /returned a tensor \[4\]; expected a scalar/],
    ['a number', '() => 0.5', /returned 0\.5; expected a scalar/],
    ['an exception', '(e) =>\n e.nothing()', /failed: e\.nothing is not a function/],
  ])('that answers with %s says so', (_, loss, message) => {
    const path = join(folderWith({ 'my-loss.ts': `export default () => ${loss};` }), 'my-loss.ts');
    const of = made(path);
    expect(() => tf.tidy(() => of(tf.tensor2d(embeddings), labels))).toThrow(message);
  });
});

describe('kit train with a loss of a file', () => {
  it('trains, names it by checksum in the record, repeats the record, and refuses another file in its place', () => {
    const source = `import * as tf from '@tensorflow/tfjs';
export default () => (x: tf.Tensor2D, labels: ArrayLike<number>) =>
  tf.tidy(() => x.sub(x.mean(0)).square().mean().sub(0.1).abs());
`;
    const folder = folderWith({
      'my-loss.ts': source,
      'spec.json': JSON.stringify(smallSpec(pictures, { loss: { module: './my-loss.ts' }, steps: 3 })),
    });
    const results = join(folder, 'results');
    const first = runKit(['train', join(folder, 'spec.json'), '--results', results]);
    expect([first.status, first.stderr]).toEqual([0, expect.not.stringContaining('my-loss')]);
    const path = first.stdout.trim().split('\n').at(-1) as string;
    const record = JSON.parse(readFileSync(path, 'utf8'));
    expect(record.spec.loss.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(record.curve.at(-1).loss).toBeGreaterThan(0);

    const again = runKit(['train', path, '--results', join(folder, 'again')]);
    const repeated = JSON.parse(readFileSync(again.stdout.trim().split('\n').at(-1) as string, 'utf8'));
    expect([repeated.id, repeated.curve]).toEqual([record.id, record.curve]);

    writeFileSync(join(folder, 'my-loss.ts'), source.replace('0.1', '0.2'));
    const changed = runKit(['train', path, '--results', join(folder, 'changed')]);
    expect(changed.status).toBe(1);
    expect(changed.stderr).toMatch(/is not the file that was used: SHA-256 .* is asked for/);
  });

  it('tells an error of it without a stack trace, with file and line, also after the garbage was collected', () => {
    const folder = folderWith({
      'my-loss.ts': [
        "import { setFlagsFromString } from 'node:v8';",
        "import { runInNewContext } from 'node:vm';",
        'export default () => (x, labels) => {',
        "  setFlagsFromString('--expose-gc');",
        "  runInNewContext('gc')();",
        '  return x.nothing();',
        '};',
      ].join('\n'),
      'spec.json': JSON.stringify(smallSpec(pictures, { loss: { module: './my-loss.ts' }, steps: 3 })),
    });
    const { status, stderr } = runKit([
      'train',
      join(folder, 'spec.json'),
      '--results',
      join(folder, 'results'),
    ]);
    expect(status).toBe(1);
    expect(stderr).toMatch(/my-loss\.ts failed: x\.nothing is not a function \(line 6\)/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });
});
