// The faults that run-mutants.mjs puts into a copy of the kit: first the published faults of the angular loss, then those that any
// line may hold: a sign, a dropped term, a factor, a border, a mask, a mean, a gradient cut off.
import { readFileSync } from 'node:fs';

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
const TURNS = 'src/losses/positives-in-turn.ts';
const OF_PAIRS = 'src/losses/sum-of-pairs.ts';
const CLOSED = 'src/losses/closed-form.ts';
const PROXIES = 'src/losses/proxies.ts';
const DISTANCE_KERNELS = 'src/backends/squared-distances.ts';
const GATHER_KERNEL = 'src/backends/wasm/kernels/gather.ts';
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
export const MUTANTS = [
  // Published faults of this loss.
  ['tan²α overwritten by ¼: α has no effect', [[TANGENT, /return Math\.tan\(.*\) \*\* 2;/, 'return 0.25;']]],
  ['4t + xᵀn in place of 4t · xᵀn', [[ANGULAR, 'products.mul(4 * t).sub', 'products.add(4 * t).sub']]],
  [
    'log(1 + exp f) for each triplet, then the mean: the sum is outside the logarithm',
    [[SUM, 'return { values: sum.log().add(largest), shares: exponentials.div(sum) };\n}\n\n/** log Σ', 'const count = mask.sum(1, true).maximum(1);\n  if (sum !== undefined) return { values: masked.softplus().mul(mask).sum<tf.Tensor2D>(1, true).div(count), shares: masked.sigmoid().mul<tf.Tensor2D>(mask).div(count) };\n  return { values: sum, shares: sum };\n}\n\n/** log Σ']],
  ],
  ['the appended 1 is lost', [[SUM, '.add<tf.Tensor2D>(largest.neg().exp())', '']]],
  [
    'anchors and positives at unit length, negatives not',
    [
      [ANGULAR, 'onUnitSphere(points, (unit) => angular(unit, labels))', 'onUnitSphere(points, (unit) => angular(unit, labels, points))'],
      [ANGULAR, '(points: tf.Tensor2D, labels: ArrayLike<number>): ValueAndGradient =>', '(points: tf.Tensor2D, labels: ArrayLike<number>, raw = points): ValueAndGradient =>'],
      [ANGULAR, '? overNPairs(splitNPairBatch(points, labels), t)', '? overNPairs(splitNPairBatch(points, labels), t, splitNPairBatch(raw, labels).positives)'],
      [ANGULAR, 'function overNPairs({ anchors, positives }: NPairBatch, t: number)', 'function overNPairs({ anchors, positives }: NPairBatch, t: number, raw = positives)'],
      [ANGULAR, 'tf.matMul(sums, positives, false, true)', 'tf.matMul(sums, raw, false, true)'],
    ],
  ],
  ['exp without a guard', [[SUM, 'masked.max<tf.Tensor2D>(1, true).relu()', 'masked.max<tf.Tensor2D>(1, true).mul<tf.Tensor2D>(0)']]],
  ['the other set of negatives by default', [[ANGULAR, "negatives = 'other-positives'", "negatives = 'other-classes'"]]],
  ['mining without a bound on memory', [['src/mining/triplet-list.ts', 'this.count === this.most', 'this.count < 0']]],
  ['degrees taken for radians', [[TANGENT, /Math\.tan\(\(alphaDegrees \* Math\.PI\) \/ 180\)/, 'Math.tan(alphaDegrees)']]],
  [
    'lengths in place of squared lengths',
    [
      [HINGE, 'side.square().sum(1, true)', 'side.square().sum(1, true).sqrt()'],
      [HINGE, 'toCentre.square().sum(1, true)', 'toCentre.square().sum(1, true).sqrt()'],
    ],
  ],
  ['the factor 4 forgotten in the hinge', [[HINGE, 'adjacent.mul(4 * t)', 'adjacent.mul(t)']]],
  ['(1 + t) forgotten in f', [[ANGULAR, 'own.mul(2 * (1 + t))', 'own.mul(2)']]],

  // Angular and N-pair.
  ['f with its sign turned', [[ANGULAR, 'logOnePlusSumExp(f, negatives)', 'logOnePlusSumExp(f.neg(), negatives)']]],
  ['2t in place of 4t', [[ANGULAR, 'products.mul(4 * t)', 'products.mul(2 * t)']]],
  ['angular: 2t in place of 4t in the gradient to the products', [[ANGULAR, 'weights.mul<tf.Tensor2D>(4 * t)', 'weights.mul<tf.Tensor2D>(2 * t)']]],
  ['angular: the sign of the gradient to aᵀp turned', [[ANGULAR, '(-2 * (1 + t))', '(2 * (1 + t))']]],
  ['angular: no gradient to the negatives', [[ANGULAR, '.add<tf.Tensor2D>(tf.matMul(f.toProducts, sums, true))', '']]],
  ['angular: no gradient to the anchor from aᵀp', [[ANGULAR, 'toSums.add<tf.Tensor2D>(positives.mul(f.toOwn));\n  const toPositives = toSums.add(', 'toSums;\n  const toPositives = toSums.add(']]],
  ['all pairs: no gradient to the negatives', [[ANGULAR, 'labels.length).add(toNegatives)', 'labels.length).add(toNegatives.mul(0))']]],
  ['all pairs: no gradient to the positive from aᵀp', [[ANGULAR, 'const toPositives = toSums.add<tf.Tensor2D>(anchors.mul(f.toOwn))', 'const toPositives = toSums']]],
  ['all pairs: the second end of a pair gets what the first gets', [[OF_PAIRS, '[toAnchors, toPositives, tf.zeros', '[toAnchors, toAnchors, tf.zeros']]],
  ['all pairs: a row gets from its first pair alone', [[OF_PAIRS, 'const turn = taken[row]++;', 'const turn = Math.min(0, taken[row]++);']]],
  ['the positive left out of (a + p)ᵀn', [[ANGULAR, 'tf.matMul(sums, positives, false, true)', 'tf.matMul(anchors, positives, false, true)']]],
  ['all pairs: the positive left out of (a + p)ᵀn', [[ANGULAR, 'tf.matMul(sums, points, false, true)', 'tf.matMul(anchors, points, false, true)']]],
  ['all pairs: the sum over pairs for their mean', [[ANGULAR, 'values.mean<tf.Scalar>()', 'values.sum<tf.Scalar>()']]],
  ['all pairs: every row a negative', [[ANGULAR, 'negativeMask(labels, pairs.anchors)', 'tf.onesLike(negativeMask(labels, pairs.anchors))']]],
  ['N-pair batch: the own class among the negatives', [[N_PAIR, '.sub<tf.Tensor2D>(same)', '.mul<tf.Tensor2D>(1)']]],
  ['N-pair: sum for mean over anchors', [[N_PAIR, 'values.mean<tf.Scalar>()', 'values.sum<tf.Scalar>()']]],
  ['N-pair: the mean over coordinates in the penalty', [[N_PAIR, 'points.square().sum(1).mean()', 'points.square().mean()']]],
  ['N-pair: no gradient of the penalty', [[N_PAIR, 'loss.gradient.add(points.mul((2 * l2) / points.shape[0]))', 'loss.gradient']]],
  ['N-pair: no gradient to the own product', [[N_PAIR, 'shares.add(same.mul(toOwn))', 'shares']]],
  ['N-pair: the gradient not divided by N', [[N_PAIR, '.div<tf.Tensor2D>(classes)', '']]],
  ['N-pair: anchors and positives exchanged on the way back', [[N_PAIR, 'joinNPairBatch(toAnchors, toPositives) };', 'joinNPairBatch(toPositives, toAnchors) };']]],
  ['the gradient does not feel what it is multiplied by', [[CLOSED, 'gradient.mul(dy)', 'gradient.clone()']]],
  ['N-pair: the own product not subtracted', [[N_PAIR, 'products.sub(own)', 'products.sub(own.mul(0))']]],
  ['joint: λ on the wrong term', [[JOINT, 'ofNPair.value.add<tf.Scalar>(ofAngular.value.mul(lambda))', 'ofNPair.value.mul(lambda).add<tf.Scalar>(ofAngular.value)']]],
  ['joint: λ forgotten', [[JOINT, 'ofAngular.value.mul(lambda)', 'ofAngular.value']]],
  ['joint: λ forgotten in the gradient', [[JOINT, 'ofAngular.gradient.mul<tf.Tensor2D>(lambda)', 'ofAngular.gradient']]],
  ['joint: the penalty on normalised embeddings', [[JOINT, 'withPenalty({ value, gradient }, points, l2)', 'withPenalty({ value, gradient }, unit, l2)']]],
  ['joint: normalises for the angular term only where all is asked', [[JOINT, "nPairTerm(normalize === 'all' ? unit : points", 'nPairTerm(points']]],
  ['normalize: all taken for none', [[ANGULAR, "options.normalize === 'all'", "options.normalize === undefined"]]],
  ['hinge: the midpoint not halved', [[HINGE, 'a.add(p).div(2)', 'a.add(p)']]],
  ['hinge: no [·]₊', [[HINGE, '.relu()', '']]],
  ['hinge: a gradient where inactive', [[HINGE, 'violation.step()', 'tf.onesLike(violation)'], [HINGE, 'import type * as tf', 'import * as tf']]],
  ['hinge: half the gradient to the negative', [[HINGE, 'ofAdjacent.mul(2)', 'ofAdjacent']]],
  ['hinge: the gradient to the positive with the sign of its side turned', [[HINGE, 'ofOpposite.neg().sub(ofAdjacent)', 'ofOpposite.sub(ofAdjacent)']]],
  ['hinge: sum for mean', [[HINGE, '.mean<tf.Scalar>()', '.sum<tf.Scalar>()']]],
  ['the gradient through the length is cut off', [[UNIT, 'gradient.sub(unit.mul(along))', 'gradient']]],
  ['the gradient not divided by the length', [[UNIT, 'gradient.sub(unit.mul(along)).mul<tf.Tensor2D>(inverse)', 'gradient.sub(unit.mul(along))']]],
  ['lengths by their sum of magnitudes', [[UNIT, 'embeddings.square().sum<tf.Tensor2D>(1, true)', 'embeddings.abs().sum<tf.Tensor2D>(1, true).square() as tf.Tensor2D']]],
  ['a zero row divided by its length', [[UNIT, '.maximum(SHORTEST ** 2)', '']]],
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
  ['triplet: the margin subtracted', [[TRIPLET_HINGE, 'violation.add<T>(margin)', 'violation.sub<T>(margin)']]],
  ['triplet: the sides exchanged', [[TRIPLET_HINGE, 'toPositive.length.sub(toNegative.length)', 'toNegative.length.sub(toPositive.length)']]],
  ['triplet: the gradient to the anchor of its positive alone', [[TRIPLET_HINGE, 'pull.sub(push), pull.neg()', 'pull, pull.neg()']]],
  ['triplet: half the gradient of a squared length', [[TRIPLET_HINGE, 'gradient: difference.mul(2)', 'gradient: difference']]],
  ['triplet: a soft margin with the slope of a hard one', [[TRIPLET_HINGE, 'violation.sigmoid<T>()', 'violation.step<T>()']]],
  ['triplet: positive to negative for anchor to negative', [[TRIPLET_HINGE, 'sideOf(a.sub(n), distance)', 'sideOf(p.sub(n), distance)']]],
  ['triplet: no 1e-12 under the root', [[TRIPLET_HINGE, 'squared.add(1e-12).sqrt()', 'squared.sqrt()']]],
  ['triplet: all, mean over the active ones', [[TRIPLET, 'value: values.mul(counted).sum(),\n      slopes: positive.mul(ofPositive)', 'value: values.mul(counted).sum<tf.Scalar>().mul(countTriplets(labels).triplets).div(toNegatives.sum().maximum(1)),\n      slopes: positive.mul(ofPositive)']]],
  ['triplet: all, no gradient to the positive', [[TRIPLET, 'positive.mul(ofPositive).sub(toNegatives)', 'toNegatives.neg()']]],
  ['triplet: all, rows without a positive left count', [[TRIPLET, 'negatives.mul<tf.Tensor2D>(positive.sum(1, true))', 'negatives']]],
  ['triplet: the sum for the mean in the gradient', [[TRIPLET, 'slopes: sum.slopes.div(count)', 'slopes: sum.slopes']]],
  ['triplet: an anchor without a positive counts', [[TRIPLET, '.argMax(1)).mul<tf.Tensor2D>(positives)', '.argMax(1))']]],
  ['triplet: semi-hard, as near as the positive counts as farther', [[TRIPLET, 'distances.sub(toPositive).step()', 'tf.scalar(1).sub(toPositive.sub(distances).step())']]],
  ['triplet: semi-hard, nearest where none is farther', [[TRIPLET, 'distances.sub(without(negatives)).argMax(1)', 'distances.add(without(negatives)).argMin(1)']]],
  ['triplet: batch-hard, the nearest positive', [[TRIPLET, 'distances.sub(without(positives)).argMax(1)', 'distances.add(without(positives)).argMin(1)']]],
  ['triplet: batch-hard, the farthest negative', [[TRIPLET, 'const nearest = onesAt(distances.add(without(negatives)).argMin(1));', 'const nearest = onesAt(distances.sub(without(negatives)).argMax(1));']]],
  ['pairs in turn: the first positive of a row alone', [[TURNS, 'const turn = taken[anchor]++;', 'const turn = Math.min(0, taken[anchor]++);']]],
  ['pairs: an anchor is its own positive', [[PAIRS, 'i === j || ', '']]],
  ['pairs: a class may come twice in an N-pair batch', [[PAIRS, 'if (seen.has(labels[row]))', 'if (seen.size < 0)']]],
  // Contrastive, lifted structure, margin, distances.
  ['contrastive: D for D² over positives', [[CONTRASTIVE, 'squared.mul(toPositive)', 'distances.mul(toPositive)']]],
  ['contrastive: [m − D] not squared', [[CONTRASTIVE, 'gaps.square()', 'gaps']]],
  ['contrastive: the kinds of pairs apart', [[CONTRASTIVE, '[pairs, pairs]', '[pairsOfOneClass, pairs - pairsOfOneClass]']]],
  ['contrastive: one mean where the kinds are apart', [[CONTRASTIVE, '[pairsOfOneClass, pairs - pairsOfOneClass]', '[pairs, pairs]']]],
  ['contrastive: [m − D] not squared in the gradient', [[CONTRASTIVE, 'gaps.mul(-2)', 'gaps.step().neg()']]],
  ['contrastive: no gradient of the pull', [[CONTRASTIVE, 'toPositive.add(slopesOfPush)', 'slopesOfPush']]],
  ['contrastive: squared distances against the margin', [[CONTRASTIVE, 'sub<tf.Tensor2D>(distances)', 'sub<tf.Tensor2D>(squared)']]],
  ['lifted: without the half', [[LIFTED, 'sum.value.div(2 * pairs)', 'sum.value.div(pairs)']]],
  ['lifted: no gradient through the reach', [[LIFTED, '.sub(shares.mul(throughReach))', '']]],
  ['lifted: half the gradient through the reach', [[LIFTED, 'shares.mul(throughReach)', 'shares.mul(throughReach.div(2))']]],
  ['lifted: D_ij forgotten', [[LIFTED, '.add(between)', '']]],
  ['lifted: not squared', [[LIFTED, '.square()', '']]],
  ['lifted: negatives of one end alone', [[LIFTED, 'parts[0].add<tf.Tensor2D>(parts[1])', 'parts[0]']]],
  ['lifted: two equal reaches do not share the gradient', [[LIFTED, 'violation.mul(parts[0]).div<tf.Tensor2D>(both)', 'violation.mul<tf.Tensor2D>(reach.greaterEqual(ofOther).toFloat())']]],
  ['lifted: −D + m with the sign of m turned', [[LIFTED, 'tf.scalar(margin).sub', 'tf.scalar(-margin).sub']]],
  ['margin: the sign of the pair turned', [[MARGIN, 'negativeMask(labels).mul(2))', 'negativeMask(labels).mul(2)).neg()']]],
  ['margin: mean over all pairs', [[MARGIN, 'active.sum().maximum(1)', 'counts.sum().maximum(1)']]],
  ['margin: the gradient without the sign of the pair', [[MARGIN, 'weights.mul<tf.Tensor2D>(signs)', 'weights']]],
  ['margin: β forgotten', [[MARGIN, '.sub(beta)', '']]],
  ['margin: mined negatives left out', [[MARGIN, 'times[anchors[i] * n + negatives[i]]++;', '']]],
  ['distances: close pairs as products have them', [[DISTANCES, 'const CLOSE = 0.1', 'const CLOSE = -1']]],
  ['distances: the closest of a row alone', [[DISTANCES, 'const CLOSEST = 8', 'const CLOSEST = 1']]],
  ['distances: close pairs as products have them in the gradient', [[DISTANCES, '.add<tf.Tensor2D>(differences.mul(ofClose).sum(1))', '']]],
  ['distances: a row is its own closest', [[DISTANCES, 'const FAR = 4', 'const FAR = 0']], 'It takes one of the eight places, with a difference of zero, and nothing changes but which are listed.'],
  ['distances: a pair in the list of one end alone loses its distance', [[DISTANCES, 'ofDifferences.add(ofDifferences.transpose().mul(unlisted))', 'ofDifferences']]],
  ['distances, kernel: close pairs as products have them', [[DISTANCE_KERNELS, 'if (!(distance >= close * both))', 'if (distance < 0)']]],
  ['distances, kernel: close pairs as products have them in the gradient', [[DISTANCE_KERNELS, '(few || squared[i * n + j] < close * (lengths[i] + lengths[j]))', 'few']]],
  ['distances, kernel: half the gradient', [[DISTANCE_KERNELS, '2 * (slopes', '(slopes']]],
  ['distances, kernel: derivatives of one half alone', [[DISTANCE_KERNELS, '2 * (slopes[i * n + j] + slopes[j * n + i])', '4 * slopes[i * n + j]']]],
  ['distances, kernel: no diagonal in the matrix', [[DISTANCE_KERNELS, 'laplacian[i * n + i] = sums[i]', 'laplacian[i * n + i] = 0']]],
  ['distances, kernel: both of a close pair are pushed one way', [[DISTANCE_KERNELS, 'gradient[b] -= part', 'gradient[b] += part']]],
  ['gather, kernel: the row after the one asked for', [[GATHER_KERNEL, 'const row = chosen[i];', 'const row = (chosen[i] + 1) % rows;']]],
  ['distances: not centred', [[DISTANCES, 'points.sub<tf.Tensor2D>(mean)', 'points.clone()']]],
  ['distances: the factor 2 forgotten', [[DISTANCES, 'products.mul(2)', 'products']]],
  ['distances: a root with an infinite gradient', [[DISTANCES, 'distances.add(tf.scalar(1).sub(apart))', 'distances']]],
  ['log-sum-exp: masked entries count', [[SUM, 'mask.sub(1).mul(-MASKED)', 'mask.mul(0)']]],
  // Yardsticks.
  ['multi-similarity: a row is its own positive', [[SIMILARITY, 'positiveMask(labels)', 'positiveMask(labels).add<tf.Tensor2D>(tf.eye(labels.length))']]],
  ['multi-similarity: the gradient of one end of a pair alone', [[SIMILARITY, 'toSimilarities.add<tf.Tensor2D>(toSimilarities.transpose())', 'toSimilarities']]],
  ['multi-similarity: the sign of the pull turned in the gradient', [[SIMILARITY, 'push.shares.sub(pull.shares)', 'push.shares.add(pull.shares)']]],
  ['multi-similarity: 1/α forgotten', [[SIMILARITY, '.div(alpha)', '']]],
  ['multi-similarity: α with its sign turned', [[SIMILARITY, 'above.mul(-alpha)', 'above.mul(alpha)']]],
  ['Proxy-NCA: the own proxy in the sum', [[PROXY_NCA, 'tf.scalar(1).sub(own)', 'tf.onesLike(own)']]],
  ['Proxy-NCA: no gradient to the own proxy', [[PROXY_NCA, 'shares.sub(own)', 'shares']]],
  ['proxies: rows and proxies exchanged on the way back', [[PROXIES, 'rows.toEmbeddings(tf.matMul(slopes, centres.unit))', 'rows.toEmbeddings(tf.matMul(slopes, centres.unit).neg())']]],
  ['Proxy-NCA: 1 − s for 2 − 2s', [[PROXY_NCA, '.mul<tf.Tensor2D>(2)', '']]],
  ['Proxy-Anchor: mean over all proxies for those with a row', [[PROXY_ANCHOR, 'pull.values.sum().div(present)', 'pull.values.sum().div(all)']]],
  ['Proxy-Anchor: α forgotten in the gradient', [[PROXY_ANCHOR, 'push.shares.mul(scale / all)', 'push.shares.div(all)']]],
  ['Proxy-Anchor: δ with its sign turned', [[PROXY_ANCHOR, 's.sub<tf.Tensor2D>(margin)', 's.add<tf.Tensor2D>(margin)']]],
  ['Proxy-Anchor: proxies not normalised', [[PROXIES, '[l2Normalize(x), l2Normalize(p)]', '[l2Normalize(x), { unit: p, toEmbeddings: (g: tf.Tensor2D) => g }]']]],
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
  ['multi-similarity miner: lengths left in the products', [[MINED_PAIRS, 'unitLength(requireLabelled(table))', 'requireLabelled(table)']]],
  ['distance-weighted: the density for its inverse', [[WEIGHTED, 'return -(d - 2) * Math.log(distance) - ', 'return (d - 2) * Math.log(distance) + ']]],
  ['distance-weighted: (d − 2)/2 for (d − 3)/2', [[WEIGHTED, '((d - 3) / 2)', '((d - 2) / 2)']]],
  ['distance-weighted: no cutoff', [[WEIGHTED, 'Math.max(distances[row], cutoff)', 'distances[row]']]],
  ['distance-weighted: no farthest', [[WEIGHTED, 'distances[row] <= farthest && ', '']]],
  ['hard classes: the least similar class', [[HARD_CLASSES, 'value > violations[best]', 'value < violations[best]']]],
  ['hard classes: against the latest alone', [[HARD_CLASSES, 'if (violation > violations[i]) violations[i] = violation;', 'violations[i] = violation;']]],
  ['hard classes: the first embedding kept', [[HARD_CLASSES, 'if (row === undefined) continue;', 'if (row === undefined || !Number.isNaN(this.representatives[row * dimension])) continue;']]],
];

/** A source with one edit of a mutant made. @throws where there is nothing to change */
export function mutatedSource(name, [file, find, replacement], source = readFileSync(file, 'utf8')) {
  const mutated = source.replace(find, () => replacement);
  if (mutated === source) throw new Error(`${name}: nothing to change in ${file}`);
  return mutated;
}
