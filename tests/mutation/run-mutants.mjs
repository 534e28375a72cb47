// Puts each published fault of the angular loss into a copy of the kit and runs the tests of losses and mining there:
// every mutant must turn a test red. `npm run mutants`; about ten seconds a mutant.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ANGULAR = 'src/losses/angular-loss.ts';
const SUM = 'src/losses/log-sum-exp.ts';
const TANGENT = 'src/losses/tangent-squared.ts';
const HINGE = 'src/losses/angular-hinge-loss.ts';

const MUTANTS = [
  ['tan²α overwritten by ¼: α has no effect', [[TANGENT, /return Math\.tan\(.*\) \*\* 2;/, 'return 0.25;']]],
  ['4t + xᵀn in place of 4t · xᵀn', [[ANGULAR, /toNegatives\s*\.mul\(4 \* t\)/, 'toNegatives.add(4 * t)']]],
  [
    'log(1 + exp f) for each triplet, then the mean: the sum is outside the logarithm',
    [[SUM, /const sum = masked[\s\S]*?;\n/, 'const each = masked.softplus().mul(mask).sum(1).div(mask.sum(1).maximum(1));\n    if (each !== undefined) return each.reshape<tf.Tensor1D>([f.shape[0]]);\n    const sum = largest;\n']],
  ],
  ['the appended 1 is lost', [[SUM, /\.add\(largest\.neg\(\)\.exp\(\)\)/, '']]],
  [
    'anchors and positives at unit length, negatives not',
    [
      [ANGULAR, 'overNPairs(points, labels, t)', 'overNPairs(points, labels, t, embeddings)'],
      [ANGULAR, 'function overNPairs(points: tf.Tensor2D, labels: ArrayLike<number>, t: number)', 'function overNPairs(points: tf.Tensor2D, labels: ArrayLike<number>, t: number, raw: tf.Tensor2D)'],
      [ANGULAR, 'anchors.add<tf.Tensor2D>(positives), positives, false, true', 'anchors.add<tf.Tensor2D>(positives), splitNPairBatch(raw, labels).positives, false, true'],
    ],
  ],
  ['exp without a guard', [[SUM, /const largest = tf\.tensor2d\(masked\.max\(1\)\.relu\(\)\.dataSync\(\), \[f\.shape\[0\], 1\]\);/, 'const largest = tf.zeros<tf.Rank.R2>([f.shape[0], 1]);']]],
  ['the other set of negatives by default', [[ANGULAR, "negatives = 'other-positives'", "negatives = 'other-classes'"]]],
  ['mining without a bound on memory', [['src/mining/triplet-list.ts', 'this.count === this.most', 'this.count < 0']]],
  ['degrees taken for radians', [[TANGENT, /Math\.tan\(\(alphaDegrees \* Math\.PI\) \/ 180\)/, 'Math.tan(alphaDegrees)']]],
  [
    'lengths in place of squared lengths',
    [
      [HINGE, /anchors\.sub\(positives\)\.square\(\)\.sum\(1\)/, 'anchors.sub(positives).square().sum(1).sqrt()'],
      [HINGE, /negatives\.sub\(centres\)\.square\(\)\.sum\(1\)/, 'negatives.sub(centres).square().sum(1).sqrt()'],
    ],
  ],
  ['the factor 4 forgotten in the hinge', [[HINGE, 'adjacent.mul(4 * t)', 'adjacent.mul(t)']]],
  ['(1 + t) forgotten in f', [[ANGULAR, /toPositive\.mul\(2 \* \(1 \+ t\)\)/, 'toPositive.mul(2)']]],
];

const vitest = resolve('node_modules/vitest/vitest.mjs');
let survivors = 0;
for (const [name, edits] of MUTANTS) {
  const folder = mkdtempSync(join(tmpdir(), 'mutant-'));
  for (const part of ['src', 'tests', 'package.json', 'tsconfig.json', 'vitest.config.ts']) cpSync(part, join(folder, part), { recursive: true });
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  for (const [file, find, replacement] of edits) {
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    const mutated = source.replace(find, replacement);
    if (mutated === source) throw new Error(`${name}: nothing to change in ${file}`);
    writeFileSync(path, mutated);
  }
  const run = spawnSync(process.execPath, [vitest, 'run', 'tests/losses', 'tests/mining', '--reporter=json'], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const report = JSON.parse(run.stdout.slice(run.stdout.indexOf('{"numTotalTestSuites"')));
  const failed = report.testResults.flatMap((file) => file.assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName));
  if (failed.length === 0) survivors++;
  console.log(`${failed.length === 0 ? 'SURVIVED' : 'caught  '}  ${name}\n          ${failed.length} tests red${failed.length > 0 ? `, among them: ${failed[0]}` : ''}`);
}
console.log(`${MUTANTS.length - survivors} of ${MUTANTS.length} mutants caught.`);
process.exit(survivors > 0 ? 1 : 0);
