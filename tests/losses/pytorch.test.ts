import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
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
  reference,
  SeededRandom,
  tripletLoss,
} from '../../src/index.js';

interface Fixture {
  readonly name: keyof typeof tensorLosses;
  readonly options: object;
  readonly labels: number[];
  readonly points: number[][];
  readonly loss: number;
  readonly gradient: number[][];
}

const tensorLosses = {
  angular: angularLoss,
  contrastive: contrastiveLoss,
  liftedStructure: liftedStructureLoss,
  margin: marginLoss,
  multiSimilarity: multiSimilarityLoss,
  nPair: nPairLoss,
  nPairAngular: nPairAngularLoss,
  triplet: tripletLoss,
};
interface ProxyFixture extends Omit<Fixture, 'name' | 'options'> {
  readonly name: keyof typeof proxyLosses;
  readonly classes: number[];
  readonly proxies: number[][];
  readonly proxyGradient: number[][];
}

const proxyLosses = { proxyAnchor: proxyAnchorLoss, proxyNca: proxyNcaLoss };
const { fixtures, proxyFixtures } = JSON.parse(
  readFileSync('tests/losses/fixtures/pytorch.json', 'utf8'),
) as { fixtures: Fixture[]; proxyFixtures: ProxyFixture[] };

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function expectClose(actual: number[][], expected: number[][], tolerance: number): void {
  const scale = Math.max(1, ...expected.flat().map(Math.abs));
  for (const [i, row] of expected.entries()) {
    for (const [j, value] of row.entries())
      expect(Math.abs(actual[i][j] - value) / scale).toBeLessThan(tolerance);
  }
}

describe.each(
  fixtures.map((fixture) => ({
    ...fixture,
    title: `${fixture.name} ${JSON.stringify(fixture.options)}, ${fixture.labels.length} rows`,
  })),
)('against autograd on the definition: $title', ({ name, options, labels, points, loss, gradient }) => {
  it('the loss on tensors agrees to 1e-5, in value and gradient', () => {
    const embeddings = tf.tensor2d(points);
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) =>
      tensorLosses[name](options)(x as tf.Tensor2D, labels),
    )(embeddings);
    expect(Math.abs(value.dataSync()[0] / loss - 1)).toBeLessThan(1e-5);
    expectClose(grad.arraySync() as number[][], gradient, 1e-5);
  });

  // The plain triplet is on squared distances only.
  it.skipIf(name === 'triplet')('the plain loss agrees to 1e-10, in value and gradient', () => {
    const plain = reference[name](points, labels, options);
    expect(plain.loss).toBeCloseTo(loss, 10);
    expectClose(plain.gradient, gradient, 1e-10);
  });
});

describe.each(proxyFixtures)('against autograd on the definition: $name', (fixture) => {
  const { name, classes, proxies, labels, points, loss, gradient, proxyGradient } = fixture;

  it('the loss on tensors agrees to 1e-5, in value and in the gradients to points and proxies', () => {
    const random = new SeededRandom('replaced');
    const ours = proxyLosses[name]({ classes, dimension: points[0].length, random });
    const [variable] = ours.variables ?? [];
    variable.assign(tf.tensor2d(proxies));
    const embeddings = tf.variable(tf.tensor2d(points));
    const { value, grads } = tf.variableGrads(() => ours(embeddings as unknown as tf.Tensor2D, labels));
    expect(Math.abs(value.dataSync()[0] / loss - 1)).toBeLessThan(1e-5);
    expectClose(grads[embeddings.name].arraySync() as number[][], gradient, 1e-5);
    expectClose(grads[variable.name].arraySync() as number[][], proxyGradient, 1e-5);
  });

  it('the plain loss agrees to 1e-10, in value and in both gradients', () => {
    const plain = reference[name](points, labels, { classes, proxies });
    expect(plain.loss).toBeCloseTo(loss, 10);
    expectClose(plain.gradient, gradient, 1e-10);
    expectClose(plain.proxyGradient, proxyGradient, 1e-10);
  });
});
