// Times every loss of the kit with its gradient, in a process of its own: node bench/losses-ours.mjs THREADS ROWS,… REPEATS
// One line of JSON a loss and batch. Rows are drawn, in pairs of one class; dimension 512, length about 1, as in losses-peers.py.
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import {
  angularLoss,
  contrastiveLoss,
  liftedStructureLoss,
  marginLoss,
  multiSimilarityLoss,
  nPairAngularLoss,
  nPairLoss,
  proxyAnchorLoss,
  proxyNcaLoss,
  SeededRandom,
  startBackend,
  tripletLoss,
} from '../dist/index.js';

const [, , threads, sizes, repeats] = process.argv;
const DIMENSION = 512;
const memory = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

/** Of anchors and positives, and of what came out with each of them, as the N-pair loss and its gradient need them. */
const products = tf.customGrad((embeddings, save) => {
  const half = embeddings.shape[0] / 2;
  const [anchors, positives] = tf.split(embeddings, [half, half]);
  const all = tf.matMul(anchors, positives, false, true);
  save([tf.concat([tf.matMul(all, positives), tf.matMul(all, anchors, true)])]);
  return { value: tf.slice(all, [0, 0], [1, 1]).asScalar(), gradFunc: (_, [gradient]) => gradient.clone() };
});

const backend = await startBackend({ threads: Number(threads) });
const baseMiB = memory('VmRSS');
for (const rows of sizes.split(',').map(Number)) {
  const random = new SeededRandom('batch');
  const labels = Array.from({ length: rows }, (_, row) => Math.floor(row / 2));
  const proxies = { classes: [...new Set(labels)], dimension: DIMENSION, random: new SeededRandom('proxies') };
  const losses = {
    triplet: tripletLoss({ mining: 'all' }),
    'triplet, semi-hard': tripletLoss({ mining: 'semi-hard' }),
    contrastive: contrastiveLoss(),
    'lifted structure': liftedStructureLoss(),
    margin: marginLoss(),
    'multi-similarity': multiSimilarityLoss(),
    'N-pair': nPairLoss(),
    angular: angularLoss(),
    'angular, other classes': angularLoss({ negatives: 'other-classes' }),
    'N-pair & angular': nPairAngularLoss(),
    'proxy-anchor': proxyAnchorLoss(proxies),
    'proxy-NCA': proxyNcaLoss(proxies),
    'products alone': (rows) => products(rows),
  };
  const values = Float32Array.from({ length: rows * DIMENSION }, () => random.normal() / Math.sqrt(DIMENSION));
  const embeddings = tf.variable(tf.tensor2d(values, [rows, DIMENSION]));
  for (const [loss, ofBatch] of Object.entries(losses)) {
    const step = () => {
      const started = performance.now();
      const { value, grads } = tf.variableGrads(() => ofBatch(embeddings, labels));
      for (const gradient of Object.values(grads)) gradient.dataSync();
      const result = value.dataSync()[0];
      tf.dispose([value, grads]);
      return { milliseconds: performance.now() - started, result };
    };
    for (let i = 0; i < 3; i++) step();
    const steps = Array.from({ length: Number(repeats) }, step);
    const line = {
      loss,
      rows,
      milliseconds: median(steps.map(({ milliseconds }) => milliseconds)),
      value: steps[0].result,
      overBaseMiB: memory('VmHWM') - baseMiB,
      version: `tfjs ${tf.version_core} ${backend.name}, node ${process.versions.node}`,
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  }
}
process.exit(0);
