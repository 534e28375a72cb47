import { describe, expect, it } from 'vitest';
import {
  angleArc,
  constructionChart,
  constructionLabels,
  overlap,
} from '../../notebooks/exhibits/construction-chart.js';
import { auxiliaryPoint, constructedAngleAtNegative, midpoint, renderChart } from '../../src/index.js';

const radius = (alpha: number) => 1 / Math.tan((alpha * Math.PI) / 180);

function construction(negative: number[], alphas = [30, 36, 45, 55, 60]) {
  const triangle = { anchor: [-1, 0], positive: [1, 0], negative };
  return {
    ...triangle,
    centre: midpoint(triangle),
    m: auxiliaryPoint(triangle),
    angle: constructedAngleAtNegative(triangle),
    discs: alphas.map((alpha) => ({ alpha, radius: radius(alpha) })),
  };
}

const grid = [-2, -1, -0.5, 0, 0.3, 0.7, 1, 1.6].flatMap((x) =>
  [-1.5, -1, -0.2, 0, 0.4, 1, 1.4].map((y) => [x, y]),
);
const angleSets = [[30, 36, 45, 55, 60], [70], [45, 70], [30, 36, 45, 55, 70], [20, 25, 30, 60], [36]];

describe('the picture of the construction', () => {
  it('draws an arc of exactly ∠n′, wherever the negative is', () => {
    for (const negative of grid.filter(([x, y]) => x !== 0 || y !== 0)) {
      const { x, y } = { x: negative[0], y: negative[1] };
      const arc = angleArc(construction(negative));
      const steps = arc.map((at) => Math.atan2(at.y - y, at.x - x));
      const turned = steps.slice(1).reduce((sum, at, i) => {
        const step = at - steps[i];
        return sum + Math.atan2(Math.sin(step), Math.cos(step));
      }, 0);
      expect((Math.abs(turned) * 180) / Math.PI).toBeCloseTo(construction(negative).angle, 6);
    }
  });

  it('draws no arc where the negative lies on the midpoint, and names 90° as the limit that it is', () => {
    expect(angleArc(construction([0, 0]))).toEqual([]);
    const names = constructionLabels(construction([0, 0])).points.map(({ name }) => name);
    expect(names.join()).toContain('x_c, x_n, ∠n′ → 90°');
  });

  it('prints no name over another, also with the negative on another point and with a large angle', () => {
    for (const negative of grid)
      for (const alphas of angleSets) {
        const { points, rims } = constructionLabels(construction(negative, alphas));
        const all = [...points, ...rims];
        for (const [i, label] of all.entries())
          for (const other of all.slice(0, i))
            expect(overlap(label, other), `${label.name}, ${other.name}: ${negative}; ${alphas}`).toBe(false);
      }
  });

  it('gives one name to points that fall together', () => {
    const names = constructionLabels(construction([-1, 0])).points.map(({ name }) => name);
    expect(names).toContain('x_a, x_n, ∠n′ = 45.0°');
  });

  it('is a chart', async () => {
    const { svg } = await renderChart(constructionChart(construction([0.7, 1])));
    expect(svg).toContain('x_n, ∠n′ = 39.3°');
    expect(svg).toContain('60°');
  });
});
