import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { embeddingMap } from '../../src/report/embedding-map.js';
import { retrievalGallery } from '../../src/report/gallery.js';
import { writeReport } from '../../src/report/page.js';
import { temporaryFolder } from '../picture-folder.js';
import { madeUpPictures, madeUpRecord, madeUpRecords } from './synthetic-runs.js';

const partial = 'partial: 3 of 9 images';

function report(resultsDirectory: string, marked?: string): Promise<string> {
  const records = madeUpRecords.map((record) => ({
    ...record,
    data: { ...record.data, partial: marked ?? null },
  }));
  return writeReport({
    resultsDirectory,
    experiments: [
      {
        name: 'made-up',
        title: 'Made <up>',
        description: 'two seeds & more',
        records,
        pictures: { ...madeUpPictures(), record: records[3] },
      },
    ],
  });
}

/** Pixels of about this colour, as a share of all. */
async function shareOf(png: Buffer, colour: readonly number[]): Promise<number> {
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let count = 0;
  for (let i = 0; i < data.length; i += 3)
    count += Number(colour.every((value, channel) => Math.abs(data[i + channel] - value) < 12));
  return count / (info.width * info.height);
}

describe('results/index.html', () => {
  let folder: string;
  let page: string;
  beforeAll(async () => {
    folder = temporaryFolder();
    page = readFileSync(await report(folder), 'utf8');
  });

  it('says on what the step was chosen', async () => {
    expect(page).toMatch(/The step is chosen on the validation classes, by Recall@1/);
    const split = { name: 'held-out-pictures', test: 0.4, validation: 0.35, seed: 0 } as const;
    const records = madeUpRecords.map((record) => ({ ...record, spec: { ...record.spec, split } }));
    const experiments = [{ name: 'few', title: 'Few', description: '', records }];
    const few = await writeReport({ resultsDirectory: temporaryFolder(), experiments });
    expect(readFileSync(few, 'utf8')).toMatch(
      /The step is chosen on held-out pictures of the training classes, by Recall@1/,
    );
    expect(readFileSync(few, 'utf8')).toContain('alt="Recall@1 on held-out pictures while training"');
    expect(page).toContain('alt="Recall@1 on the validation classes while training"');
  });

  it('holds the table, three charts, the gallery and the map, all inside the one file', () => {
    expect(page.match(/src="data:image\/png;base64,/g)).toHaveLength(5);
    expect(page).toMatch(/<th scope="row">Triplet<\/th><td>42\.0<small> ± 5\.0<\/small>/);
    expect(page).toContain('Made &lt;up&gt;');
    expect(page).toContain('two seeds &amp; more');
  });

  it('asks nothing of the network and runs no script', () => {
    expect(page).not.toMatch(/https?:\/\/|<script|<link|@import|url\(/);
  });

  it('says where each number comes from: record, seed, commit, backend, checksum of the data, spec', () => {
    for (const record of madeUpRecords) expect(page).toContain(`href="runs/made-up/${record.id}.json"`);
    for (const text of ['c0ffee0123456789', 'wasm, 1 thread', 'f00d'.repeat(16), '&quot;margin&quot;: 0.2'])
      expect(page).toContain(text);
  });

  it('writes tables and figures beside itself, and links to files that are there', () => {
    for (const link of page.matchAll(/href="(tables\/[^"]+)"/g))
      expect(existsSync(join(folder, link[1]))).toBe(true);
    expect(readdirSync(join(folder, 'figures')).sort()).toEqual(
      [
        'curves.png',
        'curves.svg',
        'gallery.png',
        'map.png',
        'recall-at-k.png',
        'recall-at-k.svg',
        'recall.png',
        'recall.svg',
      ].map((file) => `made-up-${file}`),
    );
  });

  it('is the same to the byte for the same records', async () => {
    expect(readFileSync(await report(temporaryFolder()), 'utf8')).toBe(page);
  });

  it('marks table and figures where the data is partial, and only there', async () => {
    const other = temporaryFolder();
    const marked = readFileSync(await report(other, partial), 'utf8');
    expect(page).not.toContain('partial:');
    expect(marked).toContain(`<caption>${partial}</caption>`);
    for (const kind of ['recall', 'recall-at-k', 'curves'])
      expect(readFileSync(join(other, 'figures', `made-up-${kind}.svg`), 'utf8')).toContain(partial);
    for (const picture of ['A query and its nearest', 'Map of the embedding'])
      expect(marked).toMatch(new RegExp(`alt="${picture}[^"]*${partial}"`));
    for (const file of readdirSync(join(other, 'tables')))
      expect(readFileSync(join(other, 'tables', file), 'utf8')).toContain(partial);
  });

  it('has a table and no test figures for an experiment that reads no test classes, and survives no records', async () => {
    const records = [0, 1].map((seed) =>
      madeUpRecord({ method: 'Triplet', seed, recall: 0.4, tested: false }),
    );
    const path = await writeReport({
      resultsDirectory: temporaryFolder(),
      experiments: [
        { name: 'tuning', title: 'Tuning', description: '', records },
        { name: 'empty', title: 'Empty', description: '', records: [] },
      ],
    });
    const text = readFileSync(path, 'utf8');
    expect(text).toContain('validation R@1');
    expect(text).not.toContain('unseen classes, ');
    expect(text).toContain('No finished runs yet.');
  });

  it('shows the worst and the best try of each method where a search is too long for a row each', async () => {
    const tries = (count: number) =>
      Array.from({ length: count }, (_, i) =>
        madeUpRecord({ method: `Triplet · margin ${i}`, seed: 0, recall: 0.4, tested: false }),
      );
    const resultsDirectory = temporaryFolder();
    const experiment = (name: string, count: number) => ({
      name,
      title: name,
      description: '',
      records: tries(count),
    });
    await writeReport({ resultsDirectory, experiments: [experiment('short', 5), experiment('long', 50)] });
    const figure = (name: string) =>
      readFileSync(join(resultsDirectory, 'figures', `${name}-recall.svg`), 'utf8');
    expect(figure('short')).toContain('margin 4');
    expect(figure('long')).not.toContain('margin 4');
    expect(figure('long')).toContain('worst try');
  });
});

describe('the retrieval gallery', () => {
  it('frames right ones green and wrong ones red, and says how it chose', async () => {
    const { png, caption } = await retrievalGallery(madeUpPictures(), 'made up');
    expect(await shareOf(png, [0x5c, 0xb8, 0x5c])).toBeGreaterThan(0.005);
    expect(await shareOf(png, [0xb3, 0x16, 0x2c])).toBeGreaterThan(0.005);
    expect(caption).toMatch(/at random with a fixed seed: \d of the \d+ queries whose nearest is right/);
  });

  it('has no red frame where every neighbour is of the right class', async () => {
    const pictures = madeUpPictures();
    const labels = pictures.embeddings.labels;
    const vectors = Float32Array.from({ length: 96 }, (_, i) => (i % 4 === labels[i >> 2] ? 1 : 0));
    const { png } = await retrievalGallery(
      { ...pictures, embeddings: { vectors, dimension: 4, labels } },
      '',
    );
    expect(await shareOf(png, [0xb3, 0x16, 0x2c])).toBe(0);
  });
});

describe('the map of the embedding', () => {
  it('shows every picture, is the same each time, and says what was drawn', async () => {
    const [map, again] = [
      await embeddingMap(madeUpPictures(), 'made up'),
      await embeddingMap(madeUpPictures(), 'made up'),
    ];
    expect(again.png.equals(map.png)).toBe(true);
    expect(map.caption).toMatch(/^24 pictures of 4 whole classes/);
    const { width, height } = await sharp(map.png).metadata();
    const blue = (await shareOf(map.png, [40, 90, 200])) * width * height;
    // Six squares of 60 × 60 pixels; where two meet, they darken each other.
    expect(blue).toBeGreaterThan(0.6 * 6 * 3600);
    expect(blue).toBeLessThan(6.3 * 3600);
  });
});
