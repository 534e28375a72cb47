import { describe, expect, it } from 'vitest';
import { atUnitLength, minedPicksChart, pickLines } from '../../notebooks/exhibits/mined-picks-chart.js';
import { renderChart } from '../../src/index.js';

const points = [
  [3, 4],
  [0, 2],
  [-1, 0],
  [0, 0],
];

describe('the picture of what miners pick', () => {
  it('leads from an anchor to each negative that was picked for it, and from no other row', () => {
    const picks = [[2, 3], [], [0], [1]];
    const lines = pickLines({ name: 'hard', picks }, points, [0, 1]);
    expect(lines.map(({ anchor, negative }) => `${anchor} ${negative}`)).toEqual(['0 2', '0 3']);
    expect(lines[0]).toMatchObject({ x: 3, y: 4, x2: -1, y2: 0 });
  });

  it('puts points to unit length and leaves the origin where it is', () => {
    expect(atUnitLength(points)).toEqual([
      [0.6, 0.8],
      [0, 1],
      [-1, 0],
      [0, 0],
    ]);
  });

  it('keeps the panel of a miner that picks nothing', async () => {
    const none = points.map(() => []);
    const { svg } = await renderChart(
      minedPicksChart(
        [
          { name: 'a miner of none', picks: none },
          { name: 'on the circle', picks: [[2], [3], [], []], unitLength: true },
        ],
        { points, labels: [0, 0, 1, 1], anchors: [0, 1], colours: ['#D55E00', '#0072B2'] },
      ),
    );
    expect(svg).toContain('a miner of none');
    expect(svg).toContain('on the circle');
    expect(svg).toContain('for the anchors 0 and 1');
  });
});
