// Puts faults into a copy of the kit, one at a time, and runs the tests of losses and mining there: every mutant must turn a
// test red. First the published faults of the angular loss, then those that any line may hold: a sign, a dropped term, a
// factor, a border, a mask, a mean, a gradient cut off. `npm run mutants [part of a name]`; a few seconds a mutant.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ANGULAR = 'src/losses/angular-loss.ts';
const SUM = 'src/losses/log-sum-exp.ts';
const TANGENT = 'src/geometry/tangent-squared.ts';
const HINGE = 'src/losses/angular-hinge-loss.ts';
const JOINT = 'src/losses/n-pair-angular-loss.ts';
const N_PAIR = 'src/losses/n-pair-loss.ts';
const TRIPLET = 'src/losses/triplet-loss.ts';
const TRIPLET_HINGE = 'src/losses/triplet-hinge-loss.ts';
const CONTRASTIVE = 'src/losses/contrastive-loss.ts';
const LIFTED = 'src/losses/lifted-structure-loss.ts';
const MARGIN = 'src/losses/margin-loss.ts';
const SIMILARITY = 'src/losses/multi-similarity-loss.ts';
const PROXY_NCA = 'src/losses/proxy-nca-loss.ts';
const PROXY_ANCHOR = 'src/losses/proxy-anchor-loss.ts';
const DISTANCES = 'src/losses/pairwise-distances.ts';
const UNIT = 'src/losses/l2-normalize.ts';
const PAIRS = 'src/losses/batch-pairs.ts';
const PLAIN_ANGULAR = 'src/losses/reference/angular.ts';
const PLAIN_HINGE = 'src/losses/reference/angular-hinge.ts';
const PLAIN_UNIT = 'src/losses/reference/unit-length.ts';
const MINERS = 'src/mining/triplet-miners.ts';
const FILTER = 'src/mining/filtered-triplets.ts';
const WEIGHTED = 'src/mining/distance-weighted-triplets.ts';
const HARD_CLASSES = 'src/mining/hard-class-n-pair-sampler.ts';
const MINED_PAIRS = 'src/mining/multi-similarity-pairs.ts';
const BATCH_HARD = 'src/mining/batch-hard-triplets.ts';

/** Name, edits, and for a mutant that no test can kill, why. */
const MUTANTS = [
  // Published faults of this loss.
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

  // Angular and N-pair.
  ['f with its sign turned', [[ANGULAR, 'return logOnePlusSumExp(toNegatives.mul(4 * t).sub(toPositive.mul(2 * (1 + t))), others)', 'return logOnePlusSumExp(toPositive.mul(2 * (1 + t)).sub<tf.Tensor2D>(toNegatives.mul(4 * t)), others)']]],
  ['2t in place of 4t', [[ANGULAR, /toNegatives\.mul\(4 \* t\)/g, 'toNegatives.mul(2 * t)']]],
  ['the positive left out of (a + p)ᵀn', [[ANGULAR, 'tf.matMul(anchors.add<tf.Tensor2D>(positives), positives', 'tf.matMul(anchors, positives']]],
  ['all pairs: the positive left out of (a + p)ᵀn', [[ANGULAR, 'tf.gather(products, anchors).add<tf.Tensor2D>(tf.gather(products, positives))', 'tf.gather(products, anchors) as tf.Tensor2D']]],
  ['all pairs: the sum over pairs for their mean', [[ANGULAR, /, mask\)\.mean\(\)/, ', mask).sum()']]],
  ['all pairs: every row a negative', [[ANGULAR, 'negativeMask(labels), [n, n]), anchors)', 'new Float32Array(n * n).fill(1), [n, n]), anchors)']]],
  ['N-pair batch: the own class among the negatives', [[N_PAIR, '.sub<tf.Tensor2D>(tf.eye(classes))', '.mul<tf.Tensor2D>(1)']]],
  ['N-pair: sum for mean over anchors', [[N_PAIR, 'others).mean<tf.Scalar>()', 'others).sum<tf.Scalar>()']]],
  ['N-pair: the mean over coordinates in the penalty', [[N_PAIR, 'embeddings.square().sum(1).mean()', 'embeddings.square().mean()']]],
  ['N-pair: the own product not subtracted', [[N_PAIR, 'products.sub(own)', 'products.sub(own.mul(0))']]],
  ['joint: λ on the wrong term', [[JOINT, /return l2 === 0 \? joint/, 'return l2 === 0 ? joint.div(lambda)']]],
  ['joint: λ forgotten', [[JOINT, '.mul(lambda)', '']]],
  ['joint: the penalty on normalised embeddings', [[JOINT, 'joint.add<tf.Scalar>(embeddings.square()', 'joint.add<tf.Scalar>(unit.square()']]],
  ['joint: normalises for the angular term only where all is asked', [[JOINT, "nPair(normalize === 'all' ? unit : embeddings", 'nPair(embeddings']]],
  ['normalize: all taken for none', [[ANGULAR, "normalize === 'all' ? l2Normalize(embeddings) : embeddings", 'embeddings']]],
  ['hinge: the midpoint not halved', [[HINGE, 'anchors.add(positives).div(2)', 'anchors.add(positives)']]],
  ['hinge: no [·]₊', [[HINGE, '.relu()', '']]],
  ['hinge: sum for mean', [[HINGE, '.mean<tf.Scalar>()', '.sum<tf.Scalar>()']]],
  ['the gradient through the length is cut off', [[UNIT, 'squaredLengths.maximum(1e-24).rsqrt()', 'tf.tensor2d(squaredLengths.maximum(1e-24).rsqrt().dataSync(), squaredLengths.shape as [number, number])']]],
  ['lengths by their sum of magnitudes', [[UNIT, 'embeddings.square().sum<tf.Tensor2D>(1, true)', 'embeddings.abs().sum<tf.Tensor2D>(1, true).square() as tf.Tensor2D']]],
  ['a zero row divided by its length', [[UNIT, '.maximum(1e-24)', '']]],
  // Plain twins.
  ['plain: 2t for 4t in the gradient to the negative', [[PLAIN_ANGULAR, 'addScaled(gradient[n], 4 * t * weight, x[p])', 'addScaled(gradient[n], 2 * t * weight, x[p])']]],
  ['plain: no gradient to the positive from its negatives', [[PLAIN_ANGULAR, 'addScaled(gradient[p], 4 * t * weight, x[n]);', '']]],
  ['plain hinge: 2t for 4t to the negative', [[PLAIN_HINGE, 'active * 4 * t * value', 'active * 2 * t * value']]],
  ['plain: the tangential part forgotten', [[PLAIN_UNIT, 'addScaled(tangential, -dot(unit[i], g), unit[i]);', '']]],
  ['plain: the gradient not divided by the length', [[PLAIN_UNIT, 'tangential.map((value) => value / lengths[i])', 'tangential']]],
  [
    'plain hinge: active also where its inside is exactly 0',
    [[PLAIN_HINGE, 'violation > 0', 'violation >= 0']],
    'Both are subgradients at the kink, and the loss is 0 either way.',
  ],
  // Triplet.
  ['triplet: the margin subtracted', [[TRIPLET_HINGE, 'violation.add(margin)', 'violation.sub(margin)']]],
  ['triplet: the sides exchanged', [[TRIPLET_HINGE, 'length(anchors.sub(positives)).sub(length(anchors.sub(negatives)))', 'length(anchors.sub(negatives)).sub(length(anchors.sub(positives)))']]],
  ['triplet: positive to negative for anchor to negative', [[TRIPLET_HINGE, 'length(anchors.sub(negatives))', 'length(positives.sub(negatives))']]],
  ['triplet: no 1e-12 under the root', [[TRIPLET_HINGE, 'squared.add(1e-12).sqrt()', 'squared.sqrt()']]],
  ['triplet: all, mean over the active ones', [[TRIPLET, '.div<tf.Scalar>(triplets)', '.div<tf.Scalar>(violations.mul(negatives).step().sum())']]],
  ['triplet: semi-hard, as near as the positive counts as farther', [[TRIPLET, 'row(j) > row(positive)) ??', 'row(j) >= row(positive)) ??']]],
  ['triplet: semi-hard, nearest where none is farther', [[TRIPLET, 'negatives[negatives.length - 1]', 'negatives[0]']]],
  ['triplet: batch-hard, the nearest positive', [[TRIPLET, '(row(j) > row(far) ? j : far)', '(row(j) < row(far) ? j : far)']]],
  ['triplet: batch-hard, the farthest negative', [[TRIPLET, 'farther : negatives[0]', 'farther : negatives[negatives.length - 1]']]],
  ['pairs: an anchor is its own positive', [[PAIRS, 'i === j || ', '']]],
  ['pairs: a class may come twice in an N-pair batch', [[PAIRS, 'if (seen.has(labels[row]))', 'if (seen.size < 0)']]],
  // Contrastive, lifted structure, margin, distances.
  ['contrastive: D for D² over positives', [[CONTRASTIVE, 'squared.mul(toPositive)', 'rootOfDistances(squared).mul(toPositive)']]],
  ['contrastive: [m − D] not squared', [[CONTRASTIVE, 'gaps.square()', 'gaps']]],
  ['contrastive: the kinds of pairs apart', [[CONTRASTIVE, '[pairs, pairs]', '[pairs - negativePairs, negativePairs]']]],
  ['contrastive: one mean where the kinds are apart', [[CONTRASTIVE, '[pairs - negativePairs, negativePairs]', '[pairs, pairs]']]],
  ['contrastive: squared distances against the margin', [[CONTRASTIVE, 'rootOfDistances(squared))', 'squared)']]],
  ['lifted: without the half', [[LIFTED, '2 * kept.length', 'kept.length']]],
  ['lifted: D_ij forgotten', [[LIFTED, '.add(between)', '']]],
  ['lifted: not squared', [[LIFTED, '.square()', '']]],
  ['lifted: negatives of one end alone', [[LIFTED, '.add(ofSecond.sub(larger).exp())', '']]],
  ['lifted: two equal reaches do not share the gradient', [[LIFTED, "tf.tensor1d(ofFirst.maximum(ofSecond).dataSync<'float32'>())", 'ofFirst.maximum(ofSecond)'], [LIFTED, 'ofFirst.sub(larger).exp().add(ofSecond.sub(larger).exp()).log().add(larger)', 'larger.add(ofFirst.sub(ofSecond).abs().neg().exp().add(1).log())']]],
  ['lifted: −D + m with the sign of m turned', [[LIFTED, 'tf.scalar(margin).sub(distances)', 'tf.scalar(-margin).sub(distances)']]],
  ['margin: the sign of the pair turned', [[MARGIN, '? 1 : -1', '? -1 : 1']]],
  ['margin: mean over all pairs', [[MARGIN, 'violations.step().mul(counts)', 'counts']]],
  ['margin: β forgotten', [[MARGIN, '.sub(beta)', '']]],
  ['margin: mined negatives left out', [[MARGIN, 'times[anchors[i] * n + negatives[i]]++;', '']]],
  ['distances: close pairs as products have them', [[DISTANCES, 'const CLOSE = 0.1', 'const CLOSE = -1']]],
  ['distances: not centred', [[DISTANCES, 'embeddings.sub<tf.Tensor2D>(tf.tensor(embeddings.mean(0).dataSync()))', 'embeddings']]],
  ['distances: the factor 2 forgotten', [[DISTANCES, 'products.mul(2)', 'products']]],
  ['distances: a root with an infinite gradient', [[DISTANCES, '(value > 0 ? 1 : 0)', '1']]],
  ['log-sum-exp: masked entries count', [[SUM, /mask\.sub\(1\)\.mul\(-MASKED\)/, 'mask.mul(0)']]],
  // Yardsticks.
  ['multi-similarity: a row is its own positive', [[SIMILARITY, '.sub<tf.Tensor2D>(tf.eye(n))', '']]],
  ['multi-similarity: 1/α forgotten', [[SIMILARITY, '.div(alpha)', '']]],
  ['multi-similarity: α with its sign turned', [[SIMILARITY, 'above.mul(-alpha)', 'above.mul(alpha)']]],
  ['Proxy-NCA: the own proxy in the sum', [[PROXY_NCA, 'tf.onesLike(own).sub(own)', 'tf.onesLike(own)']]],
  ['Proxy-NCA: 1 − s for 2 − 2s', [[PROXY_NCA, '.mul<tf.Tensor2D>(2)', '']]],
  ['Proxy-Anchor: mean over all proxies for those with a row', [[PROXY_ANCHOR, '.div(present)', '.div(own.shape[0])']]],
  ['Proxy-Anchor: δ with its sign turned', [[PROXY_ANCHOR, 'similarities.sub<tf.Tensor2D>(margin)', 'similarities.add<tf.Tensor2D>(margin)']]],
  ['Proxy-Anchor: proxies not normalised', [[PROXY_ANCHOR, 'l2Normalize(variable)', 'variable']]],
  // Mining.
  ['hard: as far as the positive counts', [[MINERS, 'anchorNegative < anchorPositive,', 'anchorNegative <= anchorPositive,']]],
  ['semi-hard: as far as the positive counts', [[MINERS, 'anchorNegative > anchorPositive && ', 'anchorNegative >= anchorPositive && ']]],
  ['semi-hard: hard ones too', [[MINERS, 'anchorNegative > anchorPositive && ', '']]],
  ['semi-hard: no upper bound', [[MINERS, ' && anchorNegative < anchorPositive + margin', '']]],
  ['angular miner: ¼‖a−p‖² of the median forgotten', [[MINERS, ' - anchorPositive / 4)', ')']]],
  ['angular miner: tan for tan²', [[MINERS, 'tangentSquared(alphaDegrees)', 'Math.sqrt(tangentSquared(alphaDegrees))']]],
  ['miners: an anchor is its own positive', [[FILTER, 'if (i === j) continue;', '']]],
  ['miners: rows of the own class as negatives', [[FILTER, 'labels[row] !== labels[members[0]]', 'row !== members[0]']]],
  ['batch-hard miner: the nearest positive', [[BATCH_HARD, 'distances[row] > distances[best]', 'distances[row] < distances[best]']]],
  ['batch-hard miner: the last of equals', [[BATCH_HARD, 'distances[row] < distances[best]', 'distances[row] <= distances[best]']]],
  ['multi-similarity miner: ε with its sign turned', [[MINED_PAIRS, 'leastPositive - epsilon', 'leastPositive + epsilon']]],
  ['multi-similarity miner: lengths left in the products', [[MINED_PAIRS, 'const unit = unitLength(table);', 'const unit = table;']]],
  ['distance-weighted: the density for its inverse', [[WEIGHTED, 'return -(d - 2) * Math.log(distance) - ', 'return (d - 2) * Math.log(distance) + ']]],
  ['distance-weighted: (d − 2)/2 for (d − 3)/2', [[WEIGHTED, '((d - 3) / 2)', '((d - 2) / 2)']]],
  ['distance-weighted: no cutoff', [[WEIGHTED, 'Math.max(distances[row], cutoff)', 'distances[row]']]],
  ['distance-weighted: no farthest', [[WEIGHTED, 'distances[row] <= farthest && ', '']]],
  ['hard classes: the least similar class', [[HARD_CLASSES, 'value > violations[best]', 'value < violations[best]']]],
  ['hard classes: against the latest alone', [[HARD_CLASSES, 'if (violation > violations[i]) violations[i] = violation;', 'violations[i] = violation;']]],
  ['hard classes: the first embedding kept', [[HARD_CLASSES, 'if (row === undefined) continue;', 'if (row === undefined || !Number.isNaN(this.representatives[row * dimension])) continue;']]],
];

const vitest = resolve('node_modules/vitest/vitest.mjs');
const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const part of ['src', 'tests', 'package.json', 'tsconfig.json', 'vitest.config.ts']) cpSync(part, join(folder, part), { recursive: true });
symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));

/** The test that turned red first, or undefined. */
function firstRed() {
  const run = spawnSync(process.execPath, [vitest, 'run', 'tests/losses', 'tests/mining', '--reporter=json', '--bail=1'], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 28 });
  const report = JSON.parse(run.stdout.slice(run.stdout.indexOf('{"numTotalTestSuites"')));
  const failed = report.testResults.flatMap((file) => file.assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName));
  return failed[0] ?? (report.success ? undefined : 'the tests do not run');
}

const unmutated = firstRed();
if (unmutated !== undefined) throw new Error(`A test is red without a mutant: ${unmutated}`);
const chosen = MUTANTS.filter(([name]) => name.includes(process.argv[2] ?? ''));
for (const [name, edits] of chosen) {
  for (const [file, find] of edits)
    if (readFileSync(file, 'utf8').replace(find, '') === readFileSync(file, 'utf8')) throw new Error(`${name}: nothing to change in ${file}`);
}
const unexpected = [];
for (const [name, edits, whyNoTestCan] of chosen) {
  const sources = new Map();
  for (const [file, find, replacement] of edits) {
    const path = join(folder, file);
    const source = readFileSync(path, 'utf8');
    if (!sources.has(path)) sources.set(path, source);
    writeFileSync(path, source.replace(find, () => replacement));
  }
  const red = firstRed();
  for (const [path, source] of sources) writeFileSync(path, source);
  if ((red === undefined) !== (whyNoTestCan !== undefined)) unexpected.push(name);
  console.log(`${red === undefined ? 'SURVIVED' : 'caught  '}  ${name}\n          ${red ?? whyNoTestCan ?? 'no test sees it'}`);
}
console.log(`${chosen.length} mutants, ${unexpected.length} not as expected${unexpected.length > 0 ? `: ${unexpected.join('; ')}` : ''}.`);
process.exit(unexpected.length > 0 ? 1 : 0);
