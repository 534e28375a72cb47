// The wrong formulas that run-notebook-mutants.mjs puts into the proof cells of notebooks.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Number of the notebook, id of the cell, what to find in its source, what to put there. */
export const NOTEBOOK_MUTANTS = [
  ['01', 'construction-check', 'x_m is the anchor', 'auxiliaryPoint({ anchor, positive, negative })', 'anchor'],
  ['01', 'construction-check', 'x_c is the positive', 'midpoint({ anchor, positive })', 'positive'],
  ['01', 'disc-check', 'radius r tan α', 'half / Math.tan(', 'half * Math.tan('],
  ['01', 'disc-check', 'violatesBound is the other way', '{ ...triangle, negative }, degrees(alpha))', '{ ...triangle, negative }, degrees(90 - alpha))'],
  ['01', 'gradient-proof', '4t → 4t² in the loss', "- 4*t*(n", "- 4*t^2*(n"],
  ['01', 'gradient-proof', 't dropped from the loss', "- 4*t*(n", "- 4*(n"],
  ['01', 'gradient-proof', '4t → 4t² in the negative’s gradient', "n: '4*t*", "n: '4*t^2*"],
  ['01', 'gradient-proof', 't dropped from the anchor’s gradient', "2*(a-p) - 2*t*", '2*(a-p) - 2*'],
  ['01', 'code-check', 't is tan α', '/ 180) ** 2;', '/ 180);'],
  ['02', 'losses-check', 'contrastive: D for D²', 'distance(i, j) ** 2 : Math.max', 'distance(i, j) : Math.max'],
  ['02', 'losses-check', 'lifted: one point’s negatives alone', '[i, i + 1].flatMap', '[i].flatMap'],
  ['02', 'losses-twins', 'angular: the anchor alone for anchor + positive', ' + dot(points[i + 1], points[n]))', ')'],
  ['02', 'mining-check', 'semi-hard ones nearer than the positive', 'beyond(row, n) > -slack && beyond', 'beyond'],
  ['02', 'hard-classes-check', 'the least similar class', '.map((d) => dot(', '.map((d) => -dot('],
  ['03', 'recall-check', 'self counts', 'j !== q)', 'j >= 0)'],
  ['03', 'map-check', 'precision at wrong ranks too', 'hit * upTo', 'upTo'],
  ['03', 'clusters-check', 'NMI without its 2', '(2 * information)', 'information'],
  ['03', 'clusters-check', 'F1 over points', '(n * (n - 1)) / 2', 'n'],
  ['03', 'chance-check', 'AMI without the expectation below', 'bothEntropies / 2 - expected)', 'bothEntropies / 2)'],
  ['05', 'proof', 'sign of the margin', '+ m', '- m'],
  ['05', 'proof', 'margin dropped', '+ m', '+ 0*m'],
  ['05', 'code-check', 'sign of the margin in the value', '- squared(a, n) + m', '- squared(a, n) - m'],
  ['05', 'code-check', 'margin dropped from the value', '- squared(a, n) + m', '- squared(a, n)'],
  ['05', 'code-check', 'positive and negative exchanged', 'anchor: [n, p]', 'anchor: [p, n]'],
  ['05', 'two-of-three-check', 'the anchor’s own term without t', 'Math.abs(2 - 2 * t), 2 + 2 * t]', '2, 2 + 2 * t]'],
  ['05', 'two-of-three-check', 'the triplet’s anchor in its own gradient', '[[0, 2, 2]', '[[2, 2, 2]'],
  ['06', 'away-from-midpoint', 't³ for t', '/ 180) ** 2 * value', '/ 180) ** 6 * value'],
  ['06', 'away-from-midpoint', '√t for t', '/ 180) ** 2 * value', '/ 180) * value'],
  ['06', 'away-from-midpoint', 'the sphere over anchor and positive', '(value + centre[k]) / 2); // of', '(value + p[k]) / 2); // of'],
  ['06', 'measure-check', 'twice the promised distance', 'const promised = guaranteed', 'const promised = 2 * guaranteed'],
  ['06', 'theorem-check', 'the theorem at 30°', 'reference.angularHinge(a, p, n, LARGEST_ALPHA_OF_RIGHT_NEIGHBOURS)', 'reference.angularHinge(a, p, n, 30)'],
  ['06', 'theorem-check', 'the counterexample inside the disc', '-(1 + 1e-9) / tangent(alpha)', '-(1 - 1e-2) / tangent(alpha)'],
  ['06', 'picture-check', 'discs of radius r / tan² α', '< 1 / tangent(alpha) ?', '< 1 / tangent(alpha) ** 2 ?'],
  ['06', 'counterexample', 'from a start outside of the spheres', 'descendHinge(at(-0.5, 0.1), 45)', 'descendHinge(at(-0.5, 0.9), 18)'],
  ['07', 'identity-proof', 't → t² in the identity', '+ (1-t)*(a^2+p^2) - 4*t*n^2', '+ (1-t^2)*(a^2+p^2) - 4*t*n^2'],
  ['07', 'identity-proof', 't → t² in f', "'(4*t*(a+p)*n", "'(4*t^2*(a+p)*n"],
  ['07', 'sphere-check', '2 − 6t², the square twice', '+ 2 - 6 * t))', '+ 2 - 6 * t * t))'],
  ['07', 'smooth-check', 'the 1 dropped', 'Math.log(1 + values.reduce', 'Math.log(values.reduce'],
  ['07', 'gradient-proof', '2(1+t) → 4t', "a: '4*t*n - 2*(1+t)*p'", "a: '4*t*n - 4*t*p'"],
  ['07', 'code-check', '5 added to the loss', ') / 4, 0);', ') / 4, 5);'],
  ['07', 'code-check', 'another α in the value', 'tangentSquared(alpha))', 'tangentSquared(45))'],
  ['08', 'contrastive-check', 'no square of the gap', 'Math.max(0, m - d) ** 2', 'Math.max(0, m - d)'],
  ['08', 'margin-check', 'mean over all pairs', 'costs.filter((cost) => cost > 0)', 'costs.map((cost) => Math.max(0, cost))'],
  ['08', 'margin-check', 'both kinds of pairs pulled', '? 1 : -1', '? 1 : 1'],
  ['08', 'margin-check', 'β forgotten', ' - beta)', ')'],
  ['08', 'lifted-check', 'the positive’s distance forgotten', ' + distance(x[i], x[j]))', ')'],
  ['08', 'n-pair-check', 'penalty without its mean', 'l2 * mean(', 'l2 * sum('],
  ['08', 'joint-check', 'λ on both', 'nPair(x, 0) + lambda *', 'lambda * nPair(x, 0) + lambda *'],
  ['08', 'joint-check', '4t for 2(1+t)', '- 2 * (1 + t) * dot', '- 4 * t * dot'],
  ['08', 'multi-similarity-check', '1/α forgotten', 'Math.abs(sharpness)', '1'],
  ['08', 'proxies-check', 'the own proxy in the sum', 's.filter((_, z) => z !== labels[i])', 's'],
  ['08', 'proxies-check', 'mean over all proxies for those with a row', 'mean(classes.map((z) => side', 'mean(proxyClasses.map((z) => side'],
  ['08', 'chain-rules', '(2) without the part along u', '(value - dot(u[i], g) * u[i][k])', '(value - 0 * dot(u[i], g))'],
  ['08', 'contrastive-check', '(4) without its 2', '-2 * Math.max(0, m - d)', '-1 * Math.max(0, m - d)'],
  ['08', 'margin-check', '(6) without 1/M', 'y(i, j) / count', 'y(i, j) / pairs.length'],
  ['08', 'lifted-check', '(8) without its share', '-pull * weights[at] / sum(weights)', '-pull / weights.length'],
  ['08', 'n-pair-check', '(10) the positive pushed', '[p, -w, a]', '[p, w, a]'],
  ['08', 'multi-similarity-check', 'α left in the slope', '(own ? -1 : 1) * shareOf', '(own ? -alpha : 1) * shareOf'],
  ['08', 'proxies-check', '(13) −1 for −2', 'return -2 / rows.length', 'return -1 / rows.length'],
  ['08', 'proxy-anchor-check', 'all proxies for those with a row', '-a * w / classes.length', '-a * w / proxyClasses.length'],
  ['09', 'collapse-gradients', 'the batch form’s gradient without its share', '(share * (2 * t - 2)', '((2 * t - 2)'],
  ['09', 'cell-05', '(6t − 2) r', '(6 * t - 2) * r * r', '(6 * t - 2) * r'],
  ['10', 'listing', 'tan for tan²', '/ 180) ** 2', '/ 180)'],
  ['10', 'listing', '4t for 2(1+t)', '.mul(2 * (1 + t))', '.mul(4 * t)'],
  ['10', 'listing', 'the 1 lost', 'tf.zeros([N, 1])', 'tf.fill([N, 1], -1e9)'],
  ['10', 'flag-check', '45 rad is 57°', 'Math.abs(Math.tan(45))', 'Math.abs(Math.tan(45.02))'],
  ['10', 'lengths-check', 'tan for tan² in (2)', '2 * Math.tan(alpha) ** 2', '2 * Math.tan(alpha)'],
  ['14', 'lengths-check', '1 − 2t for 1 − 3t', '* (1 - 3 * t); // (1)', '* (1 - 2 * t); // (1)'],
  ['14', 'lengths-check', 'the radius not squared', '2 * radius ** 2 * (1', '2 * radius * (1'],
];

/** The notebook of that number with one cell changed, as the text of a file. @throws where there is nothing to change */
export function mutatedNotebook(number, id, find, replacement) {
  const file = readdirSync('notebooks').find((name) => name.startsWith(`${number}-`));
  const notebook = JSON.parse(readFileSync(join('notebooks', file), 'utf8'));
  const cell = notebook.cells.find((one) => one.id === id);
  const source = cell === undefined ? '' : [cell.source].flat().join('');
  if (!source.includes(find)) throw new Error(`${file}, cell ${id}: no ${find} to change`);
  cell.source = source.replace(find, () => replacement);
  return JSON.stringify(notebook);
}
