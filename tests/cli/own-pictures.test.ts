import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makePictureFolder, temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

let pictures: string;
beforeAll(async () => {
  pictures = await makePictureFolder(5, 8);
});

describe('kit reproduce with a folder of pictures', () => {
  it('says what it will do, compares the methods and writes the page', { timeout: 240_000 }, () => {
    const results = join(temporaryFolder(), 'results');
    const { status, stdout, stderr } = runKit([
      'reproduce',
      pictures,
      '--profile',
      'smoke',
      '--results',
      results,
    ]);
    expect([stderr, status]).toEqual(['', 0]);
    expect(stdout).toMatch(/5 classes, 40 pictures \(8 to 8 a class/);
    expect(stdout).toMatch(
      /3 classes to train on, of whose pictures 35% choose the step .*2 unseen ones to test on/,
    );
    expect(stdout).toMatch(/With 2 test classes scores are coarse/);
    expect(stdout).toMatch(/N-pair & angular.* \d+\.\d/);
    expect(readFileSync(join(results, 'index.html'), 'utf8')).toMatch(/Six losses on kit-/);
  });

  it('writes the experiment behind it, which gives the same runs, and trains nothing', () => {
    const file = join(temporaryFolder(), 'mine.json');
    const results = join(temporaryFolder(), 'results');
    const written = runKit(['reproduce', pictures, '--write-experiment', file, '--results', results]);
    expect([written.stderr, written.status]).toEqual(['', 0]);
    expect(existsSync(results)).toBe(false);
    expect(JSON.parse(readFileSync(file, 'utf8')).base.dataset.directory).toBe(pictures);
    const again = runKit(['reproduce', pictures, '--write-experiment', file]);
    expect(again.stderr).toMatch(/mine\.json is there already/);
  });

  it.each([
    [
      'too few classes',
      () => makePictureFolder(3, 4),
      [],
      /has 3 classes; a comparison on unseen classes needs 4/,
    ],
    ['an unknown backbone', async () => pictures, ['--backbone', 'resnet'], /--backbone is "resnet"/],
    [
      'no folder',
      async () => '/no/such/folder',
      ['--backbone', 'googlenet'],
      /--backbone goes with a folder of pictures; \/no\/such\/folder is no folder/,
    ],
    [
      'an experiment',
      async () => 'emoji',
      ['--write-experiment', 'x.json'],
      /goes with a folder of pictures; emoji is an experiment/,
    ],
    [
      'an empty class',
      async () => {
        const folder = await makePictureFolder(4, 2);
        mkdirSync(join(folder, 'empty'));
        writeFileSync(join(folder, 'empty', 'notes.txt'), '');
        return folder;
      },
      [],
      /empty has no picture/,
    ],
  ])('with %s is refused in words', async (_, folder, options, message) => {
    const { status, stderr } = runKit(['reproduce', await folder(), ...options]);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(status).toBe(1);
  });
});
