import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { lossSchema } from '../../src/experiments/declared-losses.js';
import { lossColour, renderChart, scoreTables, summaryTable } from '../../src/index.js';
import { curveChart, recallAtKChart, recallChart } from '../../src/report/method-charts.js';
import { spreadLabels } from '../../src/report/spread-labels.js';
import { madeUpRecord, madeUpRecords } from './synthetic-runs.js';

describe('tables', () => {
  it('put baselines first, then the best method, in percent, with seeds', async () => {
    const { csv, markdown } = await scoreTables(madeUpRecords);
    expect(
      markdown
        .split('\n')
        .slice(2, 5)
        .map((line) => line.split(' | ').slice(0, 3).join(';')),
    ).toEqual(['| Raw pixels;28.0;38.0', '| Angular;50.0;60.0', '| Triplet;42.0 ± 5.0;52.0 ± 5.0']);
    expect(csv.split('\n')[0]).toMatch(/^method,seeds,R@1,R@1 ±,R@2/);
    expect(csv.split('\n')[3]).toMatch(/^Triplet,3,42(\.000)?,4\.96/);
    expect(summaryTable(madeUpRecords)).toMatch(/Triplet\s+42\.0 ± 5\.0/);
  });

  it('keep a comma inside a method name in one CSV field, and a bar in one Markdown cell', async () => {
    const { csv, markdown } = await scoreTables([
      madeUpRecord({ method: 'a, "b" | c', seed: 0, recall: 0.5 }),
    ]);
    expect(csv.split('\n')[1]).toMatch(/^"a, ""b"" \| c",1,50/);
    expect(markdown).toContain('a, "b" \\| c |');
  });

  it('say that the data is partial wherever it is', async () => {
    const partial = 'partial: 3 of 9 images';
    const records = [madeUpRecord({ method: 'Triplet', seed: 0, recall: 0.5, partial })];
    const { csv, markdown } = await scoreTables(records);
    for (const text of [csv, markdown, summaryTable(records)]) expect(text).toContain(partial);
    for (const text of Object.values(await scoreTables(madeUpRecords))) expect(text).not.toContain('partial');
  });

  it('show the best validation Recall@1 alone where the test classes were not read', () => {
    const records = [madeUpRecord({ method: 'Triplet', seed: 0, recall: 0.5, tested: false })];
    const [header, , row] = summaryTable(records).split('\n');
    expect(header).toMatch(/^Method\s+validation R@1\s+Seeds$/);
    expect(row).toMatch(/^Triplet\s+50\.0\s+1$/);
  });
});

describe('charts', () => {
  const spec = {
    title: 'A title',
    data: { values: [{ x: 1, y: 2 }] },
    mark: 'point',
    encoding: { x: { field: 'x', type: 'quantitative' }, y: { field: 'y', type: 'quantitative' } },
  } as const;

  it('show their text in the PNG, without a font of the system, and are the same each time', async () => {
    const [withTitle, again, without] = [
      await renderChart(spec),
      await renderChart(spec),
      await renderChart({ ...spec, title: '' }),
    ];
    const dark = async (png: Buffer) => {
      const { data } = await sharp(png)
        .greyscale()
        .extract({ left: 0, top: 0, width: 150, height: 60 })
        .raw()
        .toBuffer({ resolveWithObject: true });
      return data.filter((value) => value < 100).length;
    };
    expect(withTitle.svg).toContain('A title');
    expect(await dark(withTitle.png)).toBeGreaterThan(50 + (await dark(without.png)));
    expect(again.png.equals(withTitle.png)).toBe(true);
  });

  it('draw a loss in its own colour in each, whatever its rank, and name it on the chart itself', async () => {
    const swapped = madeUpRecords.map((record) =>
      record.method === 'Angular'
        ? { ...record, ...madeUpRecord({ ...record, recall: 0.3, loss: 'angular' }) }
        : record,
    );
    for (const chart of [recallChart, curveChart, recallAtKChart])
      for (const records of [madeUpRecords, swapped]) {
        const { svg } = await renderChart(chart(records, 'subtitle'));
        expect(svg).toContain('>Angular<');
        expect(svg).toContain('>Triplet<');
        expect(svg).toContain('>subtitle<');
        expect(svg).toContain(lossColour('angular'));
        expect(svg).toContain(lossColour('triplet'));
        expect(svg).not.toContain(lossColour('n-pair-angular'));
      }
  });

  it('tell methods of one loss apart by dash, and more than three by shade', async () => {
    const of = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        madeUpRecord({ method: `Triplet, ${i}`, seed: 0, recall: 0.5 - 0.01 * i }),
      );
    const colours = async (count: number) => {
      const { svg } = await renderChart(curveChart(of(count), ''));
      return new Set(
        [...svg.matchAll(/<path[^>]*stroke="(#[^"]+)" stroke-width="2.2"/g)].map(([, colour]) => colour),
      );
    };
    expect(await colours(3)).toEqual(new Set([lossColour('triplet')]));
    expect((await colours(5)).size).toBe(5);
  });

  it('give every loss of the kit a colour of its own', () => {
    const names = (lossSchema.options as { shape: { name: { value: string } } }[]).map(
      ({ shape }) => shape.name.value,
    );
    expect(names.length).toBeGreaterThan(8);
    expect(new Set(names.map((name) => lossColour(name))).size).toBe(names.length);
    expect(lossColour('./mine.ts', 0)).not.toBe(lossColour('./mine.ts', 1));
  });

  it('draw the interval over seeds as a band where there are several', async () => {
    for (const chart of [curveChart, recallAtKChart]) {
      const { svg } = await renderChart(chart(madeUpRecords, ''));
      expect(svg).toContain('band: 95% interval');
      const one = madeUpRecords.filter(({ seed }) => seed === 0);
      expect((await renderChart(chart(one, ''))).svg).not.toContain('band:');
    }
  });

  it('write the mean and its interval beside each method', async () => {
    const { svg } = await renderChart(recallChart(madeUpRecords, ''));
    expect(svg).toContain('>42.0 ± 5.0<');
    expect(svg).toContain('>50.0<');
  });
});

describe('the chart of Recall@1 with one run a method', () => {
  const runs = [0.671, 0.675].map((recall, i) => madeUpRecord({ method: `Triplet, ${i}`, seed: 0, recall }));

  it('says that there is no interval, as the table does', async () => {
    expect((await renderChart(recallChart(runs, ''))).svg).toContain('one run a method, no interval');
    expect((await renderChart(recallChart(madeUpRecords, ''))).svg).toContain('bar: 95% interval');
    const paper = runs.map((record) => ({ ...record, spec: { ...record.spec, split: { name: 'paper' } } }));
    expect((await scoreTables(paper)).markdown).toContain('one seed, no intervals');
    const second = { ...paper[1], seed: 1 };
    expect((await scoreTables([...paper, second])).markdown).toContain('intervals are over seeds');
  });

  it('spans five points at least, so that four tenths look small', async () => {
    const ticks = async (recalls: number[]) => {
      const records = recalls.map((recall, i) => madeUpRecord({ method: `Triplet, ${i}`, seed: 0, recall }));
      const { svg } = await renderChart(recallChart(records, ''));
      const numbers = [...svg.matchAll(/text-anchor="middle"[^>]*>([\d.]+)</g)].map(([, text]) =>
        Number(text),
      );
      return [Math.min(...numbers), Math.max(...numbers)];
    };
    expect(await ticks([0.671, 0.675])).toEqual([65, 70]);
    expect(await ticks([0.5])).toEqual([50, 55]);
    expect((await ticks([0.31, 0.68]))[1]).toBeGreaterThan(60);
  });
});

describe('spreadLabels', () => {
  it('leaves labels where they are when they do not meet', () => {
    expect(spreadLabels([3, 0, 8], 2)).toEqual([3, 0, 8]);
  });

  // 5, 5 and 6 with a gap of 2: as near as can be is 3⅓, 5⅓, 7⅓ (mean moved by none: 16/3).
  it('moves those that meet as little as least squares allows, in order', () => {
    const places = spreadLabels([6, 5, 5], 2);
    expect(places[1]).toBeCloseTo(10 / 3, 12);
    expect(places[2]).toBeCloseTo(16 / 3, 12);
    expect(places[0]).toBeCloseTo(22 / 3, 12);
  });
});
