import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadImageFolder, verifyDataset } from '../../src/index.js';
import { runKit } from '../cli/run-kit.js';
import { makePictureFolder, temporaryFolder } from '../picture-folder.js';

let original: string;
beforeAll(async () => {
  original = await makePictureFolder(3, 3);
});

const picture = () => join(original, 'class-00', '0.png');

function folder(change: (root: string) => void): string {
  const root = join(temporaryFolder(), 'pictures');
  cpSync(original, root, { recursive: true });
  change(root);
  return root;
}

function put(path: string, content = 'x'): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
}

describe('a folder of pictures holds the same 9 of 3 classes with', () => {
  it.each<[string, (root: string) => void]>([
    [
      'hidden files of systems',
      (root) => {
        for (const name of [
          '.DS_Store',
          'class-00/.DS_Store',
          'class-00/Thumbs.db',
          'class-01/desktop.ini',
          'class-01/._0.png',
        ])
          put(join(root, name));
      },
    ],
    [
      "Jupyter's, macOS's and a NAS's folders",
      (root) => {
        for (const name of ['.ipynb_checkpoints', '__MACOSX/class-00', 'class-00/@eaDir']) {
          mkdirSync(join(root, name), { recursive: true });
          copyFileSync(picture(), join(root, name, '0-checkpoint.png'));
          copyFileSync(picture(), join(root, name, '1-checkpoint.png'));
        }
      },
    ],
    [
      'a class that is a link',
      (root) => {
        renameSync(join(root, 'class-02'), join(root, '..', 'elsewhere'));
        symlinkSync('../elsewhere', join(root, 'class-02'));
      },
    ],
    [
      'a picture that is a link',
      (root) => {
        rmSync(join(root, 'class-02', '1.png'));
        symlinkSync(picture(), join(root, 'class-02', '1.png'));
      },
    ],
    [
      'a picture in a subfolder',
      (root) => {
        mkdirSync(join(root, 'class-02', 'side view'));
        renameSync(join(root, 'class-02', '1.png'), join(root, 'class-02', 'side view', '1.png'));
      },
    ],
  ])('%s', async (_, change) => {
    const root = folder(change);
    const set = await loadImageFolder({ directory: root });
    expect([set.items.length, set.classNames]).toEqual([9, ['class-00', 'class-01', 'class-02']]);
    expect(set.leftOut).toEqual([]);
    expect(await verifyDataset(root)).toMatchObject({ state: 'whole' });
  });

  it('every class a link', async () => {
    const root = temporaryFolder();
    for (const name of ['class-00', 'class-01', 'class-02'])
      symlinkSync(join(original, name), join(root, name));
    expect((await loadImageFolder({ directory: root })).items).toHaveLength(9);
  });
});

describe('what is left out', () => {
  it.each<[string, (root: string) => void, RegExp]>([
    [
      'a link that leads nowhere',
      (root) => symlinkSync('gone.jpg', join(root, 'class-00', '9.jpg')),
      /class-00\/9\.jpg \(a link that leads nowhere\)/,
    ],
    [
      'a folder named like a picture',
      (root) => void mkdirSync(join(root, 'class-02', 'dir.png')),
      /dir\.png \(a folder\)/,
    ],
    [
      'a link to itself',
      (root) => symlinkSync('loop.png', join(root, 'class-00', 'loop.png')),
      /loop\.png \(a link that leads nowhere\)/,
    ],
    [
      'a link to a folder above it',
      (root) => symlinkSync('..', join(root, 'class-00', 'sub')),
      /class-00\/sub \(a link to a folder above it\)/,
    ],
    [
      'a link to a folder above all',
      (root) => symlinkSync('../..', join(root, 'class-00', 'sub')),
      /class-00\/sub \(a link to a folder above it\)/,
    ],
    [
      'a link to the folder itself beside the classes',
      (root) => symlinkSync('.', join(root, 'all')),
      /all \(a link to a folder above it\)/,
    ],
    [
      'a picture that can not be decoded',
      (root) => put(join(root, 'class-00', 'a.bmp')),
      /a\.bmp \(a picture that can’t be decoded here; convert it/,
    ],
    [
      'a file of another kind',
      (root) => put(join(root, 'class-00', 'notes.txt')),
      /notes\.txt \(no picture by its ending\)/,
    ],
    [
      'a picture in no class',
      (root) => copyFileSync(picture(), join(root, 'stray.png')),
      /stray\.png \(a picture in no folder of a class\)/,
    ],
    ['a file beside the classes', (root) => put(join(root, 'README.txt')), /README\.txt \(no picture\)/],
    [
      'an iPhone’s picture',
      (root) => put(join(root, 'class-00', 'IMG_1.HEIC')),
      /IMG_1\.HEIC \(a picture that can’t be decoded here; convert it to PNG or JPEG\)/,
    ],
  ])('%s, is counted and named, and the folder is not called whole', async (_, change, message) => {
    const root = folder(change);
    const { state, findings } = await verifyDataset(root);
    expect(state).toBe('partial');
    expect(findings.join('\n')).toMatch(/1 left out: /);
    expect(findings.join('\n')).toMatch(message);
    const { items, leftOut } = await loadImageFolder({ directory: root });
    expect(leftOut?.join()).toMatch(message);
    // None of what is left out is among the pictures of a class, under its label.
    expect(items).toHaveLength(9);
  });

  it('a picture in two classes is named by verify, and one twice in a class', async () => {
    const root = folder((copy) => {
      copyFileSync(picture(), join(copy, 'class-01', 'same.png'));
      copyFileSync(picture(), join(copy, 'class-00', 'same.png'));
    });
    const findings = (await verifyDataset(root)).findings.join('\n');
    expect(findings).toMatch(
      /1 picture lies in two classes, byte for byte: class-00\/0\.png and class-01\/same\.png$/m,
    );
    expect(findings).toMatch(
      /1 picture repeats another of its class, byte for byte: class-00\/0\.png and class-00\/same\.png \(each/,
    );
  });

  it('endings of pictures count in either case: JPG, JPEG, jpe, jfif, webp, gif, tif, avif', async () => {
    const sharpOf = sharp(picture());
    const files: [string, Buffer][] = await Promise.all(
      (
        [
          ['A.JPG', 'jpeg'],
          ['b.JPEG', 'jpeg'],
          ['c.jpe', 'jpeg'],
          ['d.jfif', 'jpeg'],
          ['e.webp', 'webp'],
          ['f.GIF', 'gif'],
          ['g.tif', 'tiff'],
          ['h.avif', 'avif'],
        ] as const
      ).map(
        async ([name, format]) =>
          [name, await sharpOf.clone().toFormat(format).toBuffer()] as [string, Buffer],
      ),
    );
    const root = folder((copy) => {
      for (const [name, bytes] of files) writeFileSync(join(copy, 'class-00', name), bytes);
    });
    expect((await loadImageFolder({ directory: root })).items).toHaveLength(9 + files.length);
    expect(await verifyDataset(root)).toMatchObject({ state: 'whole' });
  });
});

describe('what no one can read as a picture', () => {
  it.runIf(process.platform !== 'win32')(
    'a pipe with the name of a picture is left out, and waited for by no one',
    async () => {
      const root = folder((copy) => void spawnSync('mkfifo', [join(copy, 'class-00', 'pipe.jpg')]));
      expect((await loadImageFolder({ directory: root })).leftOut).toEqual([
        'class-00/pipe.jpg (a pipe or device)',
      ]);
    },
  );
});

describe('a layout of another kind is recognised, and what to name is said:', () => {
  const into = (...names: string[]) => {
    const root = temporaryFolder();
    for (const name of names) cpSync(original, join(root, name), { recursive: true });
    return root;
  };

  it('train/ and test/', async () => {
    const root = into('train', 'test');
    await expect(loadImageFolder({ directory: root })).rejects.toThrow(
      `Name one of them, ${join(root, 'test')}`,
    );
  });

  it('train/ and test/ with pictures in no folders of classes', async () => {
    const root = folder((copy) => {
      renameSync(join(copy, 'class-00'), join(copy, 'train'));
      renameSync(join(copy, 'class-01'), join(copy, 'test'));
      rmSync(join(copy, 'class-02'), { recursive: true });
    });
    await expect(loadImageFolder({ directory: root })).rejects.toThrow(
      /holds test and train, whose pictures lie in no folders of classes/,
    );
  });

  it('train/ and test/ with something beside', async () => {
    await expect(loadImageFolder({ directory: into('train', 'test', 'extra') })).rejects.toThrow(
      /split into test and train/,
    );
  });

  it('one class whose name is written in two ways', async () => {
    const root = folder((copy) => {
      renameSync(join(copy, 'class-00'), join(copy, 'Größe'.normalize('NFC')));
      renameSync(join(copy, 'class-01'), join(copy, 'Größe'.normalize('NFD')));
    });
    await expect(loadImageFolder({ directory: root })).rejects.toThrow(
      /two folders whose names look the same, Größe: one has 5 characters, the other .* has 6/,
    );
  });

  it('classes whose names differ in case or leading zeros alone: they stay apart, and are named', async () => {
    const root = folder((copy) => {
      renameSync(join(copy, 'class-00'), join(copy, 'Cat'));
      renameSync(join(copy, 'class-01'), join(copy, 'cat'));
      renameSync(join(copy, 'class-02'), join(copy, '01'));
      cpSync(join(copy, '01'), join(copy, '1'), { recursive: true });
    });
    const sentence = /"01" and "1", "Cat" and "cat" count as different classes/;
    const report = await verifyDataset(root);
    expect(report.findings.join('\n')).toMatch(sentence);
    expect(report.findings[0]).toMatch(/of 4 classes/);
    const model = join('tests', 'features', 'fixtures', 'onnx', 'plain.onnx');
    const out = join(temporaryFolder(), 'out.npy');
    expect(runKit(['embed', root, '--backbone', model, '--out', out]).stdout).toMatch(sentence);
    const experiment = join(temporaryFolder(), 'mine.json');
    expect(runKit(['reproduce', root, '--write-experiment', experiment]).stdout).toMatch(sentence);
  });

  it('one folder too deep', async () => {
    const root = into('my pictures');
    await expect(loadImageFolder({ directory: root })).rejects.toThrow(`Name ${join(root, 'my pictures')}`);
  });

  it.each([
    [
      'Cars-196 without its lists',
      ['cars_train', 'cars_test'],
      /neither cars_annos\.mat nor devkit\/cars_train_annos\.mat/,
    ],
    [
      'Online Products without its lists',
      ['bicycle_final', 'chair_final'],
      /does not hold Ebay_train\.txt and Ebay_test\.txt/,
    ],
  ])('%s', async (_, names, message) => {
    const report = await verifyDataset(into(...names));
    expect(report.state).toBe('damaged');
    expect(report.findings.join()).toMatch(message);
  });

  it('pictures without classes', async () => {
    const root = temporaryFolder();
    copyFileSync(picture(), join(root, '0.png'));
    await expect(loadImageFolder({ directory: root })).rejects.toThrow(
      /1 pictures lie in it, without classes/,
    );
    await expect(verifyDataset(root)).rejects.toThrow(/1 pictures lie in it, without classes/);
  });

  it('one picture', () => {
    const { status, stderr } = runKit(['embed', picture()]);
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /0\.png is not a folder\. .* It is one picture: put it into a folder, and that into another: pictures\/what-it-shows/,
    );
  });

  it("a user's own images/<class> is not CUB", async () => {
    const root = into('images');
    expect((await verifyDataset(root).catch((error) => error)).title).not.toBe('CUB crops');
  });

  it('a class of one picture: taken where nothing is trained, counted by verify', async () => {
    const root = folder((copy) => {
      for (const file of ['1.png', '2.png']) rmSync(join(copy, 'class-02', file));
    });
    await expect(loadImageFolder({ directory: root })).rejects.toThrow(/class-02 has one picture/);
    expect((await loadImageFolder({ directory: root, singleImageClasses: 'allow' })).items).toHaveLength(7);
    expect((await verifyDataset(root)).findings.join('\n')).toMatch(/1 class has one picture/);
  });
});

it.skipIf(process.platform !== 'linux')(
  'odd names are read as they are, and one that is not UTF-8 is named',
  async () => {
    const names = ['ä b.png', '日本 #1 %20.png', `"q'.png`, 'a\\b.png', '😀.png', 'new\nline.png'];
    const root = folder((copy) => {
      for (const name of names) copyFileSync(picture(), join(copy, 'class-01', name));
      copyFileSync(
        picture(),
        Buffer.concat([Buffer.from(join(copy, 'class-02/caf')), Buffer.of(0xe9, ...Buffer.from('.png'))]),
      );
    });
    const { items, leftOut, read } = await loadImageFolder({ directory: root });
    expect(items.filter(({ path }) => names.some((name) => path.endsWith(name)))).toHaveLength(names.length);
    for (const index of items.keys()) expect((await read(index)).width).toBe(16);
    expect(leftOut).toEqual([
      expect.stringMatching(/^class-02\/caf.\.png \(its name is not UTF-8; rename it\)$/),
    ]);
  },
);
