import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  angularHingeLoss,
  angularLoss,
  contrastiveLoss,
  KitError,
  liftedStructureLoss,
  marginLoss,
  nPairAngularLoss,
  nPairLoss,
  proxyNcaLoss,
  reference,
  SeededRandom,
  tripletHingeLoss,
  tripletLoss,
} from '../../src/index.js';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

const value = (scalar: tf.Scalar) => scalar.dataSync()[0];
const points = (rows: number[][]) => tf.tensor2d(rows);

describe('by hand', () => {
  // a = (0,0), p = (1,0), n = (0,2): ‖a−p‖² = 1, ‖a−n‖² = 4, c = (½,0), ‖n−c‖² = ¼ + 4 = 4.25.
  const [a, p, n] = [
    [0, 0],
    [1, 0],
    [0, 2],
  ];

  it('a triplet is inactive where the negative is farther by more than the margin: [1 − 4 + 0.2]₊ = 0', () => {
    expect(value(tripletHingeLoss({ margin: 0.2 })(points([a]), points([p]), points([n])))).toBe(0);
  });

  it('a triplet costs [1 − 4 + 5]₊ = 2 with margin 5, and [1 − 2 + 5]₊ = 4 on lengths', () => {
    expect(value(tripletHingeLoss({ margin: 5 })(points([a]), points([p]), points([n])))).toBeCloseTo(2, 6);
    expect(
      value(tripletHingeLoss({ margin: 5, distance: 'euclidean' })(points([a]), points([p]), points([n]))),
    ).toBeCloseTo(4, 5);
  });

  it('the angular hinge costs [1 − 4 tan²α · 4.25]₊: at tan α = 0.2, 1 − 0.68 = 0.32; at 45°, nothing', () => {
    const alphaDegrees = (Math.atan(0.2) * 180) / Math.PI;
    expect(value(angularHingeLoss({ alphaDegrees })(points([a]), points([p]), points([n])))).toBeCloseTo(
      0.32,
      6,
    );
    expect(reference.angularHinge(a, p, n, alphaDegrees).loss).toBeCloseTo(0.32, 12);
    expect(value(angularHingeLoss({ alphaDegrees: 45 })(points([a]), points([p]), points([n])))).toBe(0);
  });

  // N-pair batch a₁ = (1,0), p₁ = (1,1), a₂ = (0,1), p₂ = (0,2).
  // a₁·p₁ = 1, a₁·p₂ = 0, a₂·p₂ = 2, a₂·p₁ = 1: both logit gaps are −1.
  const batch = [
    [1, 0],
    [1, 1],
    [0, 1],
    [0, 2],
  ];
  const labels = [4, 4, 9, 9];

  it('N-pair: log(1 + e⁻¹) for both anchors, plus l2 times the mean squared length (1+2+1+4)/4 = 2', () => {
    const softmax = Math.log(1 + Math.exp(-1));
    expect(value(nPairLoss()(points(batch), labels))).toBeCloseTo(softmax, 6);
    expect(value(nPairLoss({ l2: 0.5 })(points(batch), labels))).toBeCloseTo(softmax + 1, 6);
  });

  // α = 45°, t = 1: f = 4(a+p)·n − 4 a·p. Class 1: (a+p)·p₂ = (2,1)·(0,2) = 2, f = 8 − 4 = 4.
  // Class 2: (0,3)·(1,1) = 3, f = 12 − 8 = 4. Both cost log(1 + e⁴).
  it('angular at 45° with the other positives as negatives: log(1 + e⁴)', () => {
    expect(value(angularLoss({ alphaDegrees: 45 })(points(batch), labels))).toBeCloseTo(
      Math.log(1 + Math.exp(4)),
      5,
    );
  });

  // Each pair now also sees the other anchor. Class 1: (2,1)·(0,1) = 1, f = 0; class 2: (0,3)·(1,0) = 0, f = −8.
  it('angular at 45° with all rows of other classes: the mean of log(1 + e⁴ + e⁰) and log(1 + e⁴ + e⁻⁸)', () => {
    const expected = (Math.log(1 + Math.exp(4) + 1) + Math.log(1 + Math.exp(4) + Math.exp(-8))) / 2;
    expect(
      value(angularLoss({ alphaDegrees: 45, negatives: 'other-classes' })(points(batch), labels)),
    ).toBeCloseTo(expected, 5);
  });

  // t = 1, a = p = (50, 0), n = (62.5, 0) in one class and the other way round: f = 4·100·62.5 − 4·2500 = 15000 and
  // 4·125·50 − 4·3906.25 = 9375; exp of either is far beyond float32.
  it('angular where exp f overflows: f itself, 15000 and 9375, and the gradient of f', () => {
    const far = [
      [50, 0],
      [50, 0],
      [62.5, 0],
      [62.5, 0],
    ];
    const { value: loss, grad } = tf.valueAndGrad((x: tf.Tensor) => angularLoss()(x as tf.Tensor2D, labels))(
      points(far),
    );
    expect(loss.dataSync()[0]).toBe((15000 + 9375) / 2);
    // To a₁: (4·62.5 − 4·50)/2 = 25.
    expect((grad.arraySync() as number[][])[0]).toEqual([25, 0]);
  });

  it('the joint loss is N-pair plus λ times angular', () => {
    const expected = Math.log(1 + Math.exp(-1)) + 3 * Math.log(1 + Math.exp(4));
    expect(value(nPairAngularLoss({ alphaDegrees: 45, lambda: 3 })(points(batch), labels))).toBeCloseTo(
      expected,
      5,
    );
  });

  it('four times a loss has four times its gradient', () => {
    const gradientOf = (factor: number) =>
      tf
        .grad((x: tf.Tensor) => nPairLoss()(x as tf.Tensor2D, labels).mul(factor))(points(batch))
        .arraySync();
    expect(gradientOf(4)).toEqual((gradientOf(1) as number[][]).map((row) => row.map((entry) => 4 * entry)));
  });

  // On a line: class 0 at 0 and 1, class 1 at 3. D² = 1 over the positive pair; negatives at 3 and 2.
  const line = [[0], [1], [3]];

  it('contrastive: a third of D² = 1 of the positive pair, [2.5−3]₊² = 0 and [2.5−2]₊² = 0.25', () => {
    expect(value(contrastiveLoss({ margin: 2.5 })(points(line), [0, 0, 1]))).toBeCloseTo(1.25 / 3, 5);
  });

  it('contrastive, kinds of pairs apart: 1, plus the mean of 0 and 0.25', () => {
    const loss = contrastiveLoss({ margin: 2.5, mean: 'kinds' });
    expect(value(loss(points(line), [0, 0, 1]))).toBeCloseTo(1.125, 5);
  });

  // β = 2.2, α = 0.5: the positive at 1: [0.5 + 1 − 2.2]₊ = 0; the negatives at 3 and 2: [0.5 − 0.8]₊ = 0, [0.5 + 0.2]₊ = 0.7.
  it('margin: 0.7, the mean over the only pair on the wrong side of its bound', () => {
    const loss = marginLoss({ margin: 0.5, beta: 2.2, normalize: 'none' });
    expect(value(loss(points(line), [0, 0, 1]))).toBeCloseTo(0.7, 5);
  });

  // β = 1.8, α = 1: the positive costs 0.2, the negative at 2 costs 0.8, that at 3 nothing. Listed: (0, 1) twice, (1, 2) once,
  // (0, 2) once, so (2 · 0.2 + 0.8)/3 = 0.4.
  it('margin over given triplets: each pair as often as it is listed', () => {
    const triplets = () => ({ anchors: [0, 1], positives: [1, 0], negatives: [2, 2] });
    const loss = marginLoss({ margin: 1, beta: 1.8, normalize: 'none', triplets });
    expect(value(loss(points(line), [0, 0, 1]))).toBeCloseTo(0.4, 5);
  });

  // J = log(e^{m−3} + e^{m−2}) + 1 with m = 2.5: log(e^{−½} + e^{½}) + 1; one pair, so J²/2.
  it('lifted structure: J²/2 of the only pair', () => {
    const j = Math.log(Math.exp(-0.5) + Math.exp(0.5)) + 1;
    expect(value(liftedStructureLoss({ margin: 2.5 })(points(line), [0, 0, 1]))).toBeCloseTo(j ** 2 / 2, 5);
  });

  // Anchor 0, positive 1 (D² = 1): negative 3 (D² = 9) is the nearest beyond: [1 − 9 + 6]₊ = 0.
  // Anchor 1, positive 0 (D² = 1): negative 3 (D² = 4): [1 − 4 + 6]₊ = 3. Mean 1.5.
  it('semi-hard triplets: the mean over both ordered pairs, (0 + 3)/2', () => {
    expect(value(tripletLoss({ margin: 6, mining: 'semi-hard' })(points(line), [0, 0, 1]))).toBeCloseTo(
      1.5,
      5,
    );
  });

  // Anchor 0, positive 1 (D² = 1): negative −1 is as near, not farther; 3 is: [1 − 9 + 2]₊ = 0. Anchor 1, positive 0: both
  // negatives at D² = 4: [1 − 4 + 2]₊ = 0.
  it('semi-hard triplets: a negative as near as the positive is not farther', () => {
    const rows = points([[0], [1], [-1], [3]]);
    expect(value(tripletLoss({ margin: 2, mining: 'semi-hard' })(rows, [0, 0, 1, 2]))).toBe(0);
  });

  it('Proxy-NCA refuses one class alone', () => {
    const options = { classes: [4], dimension: 2, random: new SeededRandom(0) };
    expect(() => proxyNcaLoss(options)).toThrow(/two classes or more/);
  });
});

describe('bounds of what is accepted', () => {
  it.each([0, -5, 90, 95, Number.NaN])(
    'refuses α = %s°, saying that degrees between 0 and 90 are expected',
    (alphaDegrees) => {
      for (const make of [angularLoss, nPairAngularLoss, angularHingeLoss]) {
        expect(() => make({ alphaDegrees })).toThrow(KitError);
        expect(() => make({ alphaDegrees })).toThrow(/degrees/);
      }
    },
  );

  it('refuses a batch that is not an N-pair batch, naming the row', () => {
    const rows = points([[1], [2], [3], [4]]);
    expect(() => nPairLoss()(rows, [1, 1, 2, 3])).toThrow(/Rows 2 and 3 have the labels 2 and 3/);
    expect(() => nPairLoss()(rows, [1, 1, 1, 1])).toThrow(/Class 1 appears again in row 2/);
    expect(() => nPairLoss()(points([[1], [2], [3]]), [1, 1, 2])).toThrow(/odd number/);
  });
});

it('margin over mined triplets refuses webgpu, where nothing is read back within a step, and says what to do', async () => {
  const rows = points([[0], [1], [3]]);
  tf.registerBackend('webgpu', () => tf.findBackend('cpu'));
  await tf.setBackend('webgpu');
  try {
    const triplets = () => ({ anchors: [0], positives: [1], negatives: [2] });
    const loss = marginLoss({ normalize: 'none', triplets });
    expect(() => loss(rows, [0, 0, 1])).toThrow(KitError);
    expect(() => loss(rows, [0, 0, 1])).toThrow(/reads the embeddings back.*pairs: all/);
  } finally {
    await tf.setBackend('cpu');
  }
});

describe('what a batch without pairs costs', () => {
  it.each([
    ['all of different classes', [1, 2, 3, 4]],
    ['all of one class', [5, 5, 5, 5]],
  ])('triplet and lifted structure cost nothing where rows are %s', (_, labels) => {
    const rows = points([
      [0, 1],
      [2, 3],
      [4, 9],
      [1, 1],
    ]);
    for (const loss of [
      tripletLoss(),
      tripletLoss({ mining: 'all' }),
      tripletLoss({ mining: 'batch-hard' }),
      liftedStructureLoss(),
    ]) {
      expect(value(loss(rows, labels))).toBe(0);
    }
  });

  it('angular costs nothing where no two rows share a class, and where there is no negative', () => {
    const loss = angularLoss({ negatives: 'other-classes' });
    expect(
      value(
        loss(
          points([
            [0, 1],
            [2, 3],
          ]),
          [1, 2],
        ),
      ),
    ).toBe(0);
    expect(
      value(
        loss(
          points([
            [0, 1],
            [2, 3],
          ]),
          [1, 1],
        ),
      ),
    ).toBe(0);
  });
});
