import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCars196, loadCars196 } from '../../src/datasets/cars-196.js';
import { listCub200, loadCub200 } from '../../src/datasets/cub-200.js';
import { loadCub200Crops } from '../../src/datasets/cub-200-crops.js';
import { loadImageFolder } from '../../src/datasets/image-folder.js';
import {
  checkCounts,
  type ImageListing,
  loadListing,
  presenceOf,
} from '../../src/datasets/listed-image-set.js';
import { listOnlineProducts } from '../../src/datasets/online-products.js';
import { paperSplit, splitByClasses } from '../../src/datasets/paper-split.js';
import { readPicture } from '../../src/datasets/read-picture.js';
import { verifyDataset } from '../../src/datasets/verify-dataset.js';
import { runKit } from '../cli/run-kit.js';
import { temporaryFolder } from '../picture-folder.js';

const DATA = process.env.KIT_DATA ?? join(__dirname, '..', '..', '..', 'shared', 'data');
const has = (folder: string) => existsSync(join(DATA, folder));

const previousCache = process.env.KIT_CACHE;
beforeAll(() => {
  process.env.KIT_CACHE = temporaryFolder();
});
afterAll(() => {
  if (previousCache === undefined) delete process.env.KIT_CACHE;
  else process.env.KIT_CACHE = previousCache;
});

/** Four classes of two pictures, 20×10: left half red, right half blue. */
async function smallListing(): Promise<ImageListing> {
  const directory = temporaryFolder();
  const pixels = Uint8Array.from({ length: 20 * 10 * 3 }, (_, i) => {
    const column = Math.floor(i / 3) % 20;
    return i % 3 === (column < 10 ? 0 : 2) ? 255 : 0;
  });
  const images = [];
  for (const label of [0, 1, 2, 3]) {
    mkdirSync(join(directory, `c${label}`));
    for (const n of [0, 1]) {
      const path = `c${label}/${n}.png`;
      await sharp(pixels, { raw: { width: 20, height: 10, channels: 3 } })
        .png()
        .toFile(join(directory, path));
      images.push({ path, label, box: { left: 10, top: 2, width: 10, height: 6 } });
    }
  }
  return {
    name: 'small',
    title: 'Small Set',
    directory,
    classNames: ['a', 'b', 'c', 'd'],
    images,
    split: { train: [0, 1], test: [2, 3] },
    published: { train: 4, test: 4 },
  };
}

describe('a listed data set', () => {
  it('that is whole has no stamp and the split of its papers', async () => {
    const set = await loadListing(await smallListing(), {});
    expect(set.partial).toBeUndefined();
    expect(paperSplit(set, { validation: 0, seed: 0 })).toEqual({
      train: [0, 1, 2, 3],
      validation: [],
      test: [4, 5, 6, 7],
    });
  });

  it('that lacks pictures is refused with what is missing, or stamped', async () => {
    const listing = await smallListing();
    const images = [
      ...listing.images.slice(0, 5),
      { path: 'c2/9.png', label: 2 },
      { path: 'd/0.png', label: 3 },
      { path: 'd/1.png', label: 3 },
    ];
    const partial = { ...listing, images };
    await expect(loadListing(partial, {})).rejects.toThrow(
      /partial: 5 of 8 images, 3 of 4 classes[\s\S]*1 classes whole \(2 images\): d[\s\S]*1 of 1 classes that are here in part: c2\/9.png[\s\S]*1 file is not in the lists/,
    );
    const set = await loadListing(partial, { allowPartial: true });
    expect(set.partial).toBe('partial: 5 of 8 images, 3 of 4 classes');
    expect(set.classNames).toEqual(['a', 'b', 'c']);
    expect(() => paperSplit(set, { validation: 0, seed: 0 })).toThrow(/one class for test/);
  });

  it('whose lists were cut off is refused', () => {
    const listing = { images: [], split: { train: [0], test: [1] }, published: { train: 1, test: 1 } };
    expect(() => checkCounts(listing as unknown as ImageListing)).toThrow(/name 0 images/);
  });

  it('is cut to its boxes only when asked, and not when the boxes do not fit', async () => {
    const listing = await smallListing();
    expect((await (await loadListing(listing, {})).read(0)).width).toBe(20);
    const cut = await (await loadListing(listing, { boundingBoxCrops: true })).read(0);
    expect([cut.width, cut.height]).toEqual([10, 6]);
    expect(Array.from(cut.data.subarray(0, 3))).toEqual([0, 0, 255]);
    const far = listing.images.map((image) => ({
      ...image,
      box: { left: 15, top: 0, width: 50, height: 50 },
    }));
    await expect(loadListing({ ...listing, images: far }, { boundingBoxCrops: true })).rejects.toThrow(
      /not the original photographs/,
    );
  });

  it('names a file that is no picture before training, and its checksum follows the pixels', async () => {
    const listing = await smallListing();
    const before = (await loadListing(listing, {})).checksum;
    await sharp({ create: { width: 20, height: 10, channels: 3, background: '#123' } })
      .png()
      .toFile(join(listing.directory, 'c0', '0.png'));
    expect((await loadListing(listing, {})).checksum).not.toBe(before);
    writeFileSync(join(listing.directory, 'c1', '1.png'), 'no picture');
    await expect(loadListing(listing, {})).rejects.toThrow(/c1\/1\.png/);
  });

  it('is split by hand only into classes that it has, each on one side', async () => {
    const set = await loadListing(await smallListing(), {});
    expect(() => splitByClasses(set, { train: [0, 1], validation: [], test: [2, 4] })).toThrow(
      /asks for class 4/,
    );
    expect(() => splitByClasses(set, { train: [0, 1], validation: [], test: [1, 2] })).toThrow(
      /stands in train and in test/,
    );
  });
});

describe('reading a picture', () => {
  const folder = temporaryFolder();
  const made = sharp({ create: { width: 40, height: 30, channels: 3, background: '#c04020' } });

  it.each([
    ['grey', () => made.clone().greyscale().jpeg()],
    ['CMYK', () => made.clone().toColourspace('cmyk').jpeg()],
    ['with transparency', () => made.clone().ensureAlpha(0.5).png()],
  ])('gives three channels of one that is %s', async (name, make) => {
    const path = join(folder, name);
    await make().toFile(path);
    expect((await readPicture(path)).data.length).toBe(40 * 30 * 3);
  });

  it('scales 16 bits a channel to 8', async () => {
    const path = join(folder, 'deep.png');
    const deep = Uint16Array.from({ length: 4 * 4 * 3 }, () => 0x8080);
    await sharp(deep, { raw: { width: 4, height: 4, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toFile(path);
    expect((await sharp(path).metadata()).depth).toBe('ushort');
    const { data } = await readPicture(path);
    expect([data.length, data[0]]).toEqual([48, 128]);
  });

  it('refuses numbers whose range is not known, as a microscope or a depth map has', async () => {
    const path = join(folder, 'floats.tif');
    const values = Float32Array.from({ length: 4 * 4 * 3 }, (_, i) => i / 48);
    const tiff = sharp(values, { raw: { width: 4, height: 4, channels: 3 } })
      .toColourspace('scrgb')
      .tiff({ compression: 'none' });
    await tiff.toFile(path);
    await expect(readPicture(path)).rejects.toThrow(
      /of the kind float, whose range is not known; save it with 8 or 16 bits/,
    );
  });

  it.each([
    [
      'a file of no bytes',
      (path: string) => writeFileSync(path, ''),
      /x\.jpg \(the file is empty\) can't be read/,
    ],
    [
      'a text with the name of a picture',
      (path: string) => writeFileSync(path, 'text'),
      /x\.jpg .*can't be read/,
    ],
  ])('names %s among the pictures of a class', async (_name, put, message) => {
    const directory = temporaryFolder();
    for (const path of ['a/1.png', 'a/2.png', 'b/1.png', 'b/2.png']) {
      mkdirSync(join(directory, path, '..'), { recursive: true });
      await made.clone().png().toFile(join(directory, path));
    }
    put(join(directory, 'b', 'x.jpg'));
    await expect(loadImageFolder({ directory })).rejects.toThrow(message);
    const report = await verifyDataset(directory);
    expect([report.state, report.findings.join()]).toEqual(['damaged', expect.stringMatching(/b\/x\.jpg: /)]);
  });

  it('takes the first frame of an animation', async () => {
    const path = join(folder, 'moving.gif');
    const frames = await Promise.all(
      ['#f00', '#00f'].map((background) =>
        sharp({ create: { width: 8, height: 8, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    await sharp(frames, { join: { animated: true } })
      .gif()
      .toFile(path);
    const { height, data } = await readPicture(path);
    expect([height, data[0] > 200]).toEqual([8, true]);
  });

  it('refuses by name one that is cut off, and one that is huge', async () => {
    const path = join(folder, 'cut.jpg');
    const noise = Buffer.from(Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251));
    await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
      .jpeg()
      .toFile(path);
    truncateSync(path, 1500);
    await expect(readPicture(path)).rejects.toThrow(/cut\.jpg can't be read as a picture/);
    const huge = join(folder, 'huge.svg');
    writeFileSync(huge, '<svg xmlns="http://www.w3.org/2000/svg" width="20000" height="20000"/>');
    await expect(readPicture(huge)).rejects.toThrow(/huge\.svg.*100 megapixels/);
  });
});

// Every picture of a set is decoded.
describe('the real data', { timeout: 900_000 }, () => {
  it.skipIf(!has('CUB_200_2011'))('CUB: a copy of the first 50 classes says so', async () => {
    const directory = join(DATA, 'CUB_200_2011');
    await expect(loadCub200({ directory })).rejects.toThrow(/8,899 listed images are missing/);
    const set = await loadCub200({ directory, allowPartial: true });
    expect(set.partial).toBe('partial: 2,889 of 11,788 images, 50 of 200 classes');
    await expect(loadCub200({ directory, allowPartial: true, boundingBoxCrops: true })).rejects.toThrow(
      /do not hold their bounding box/,
    );
  });

  it.skipIf(!has('cub-crops'))('CUB crops: 58 classes against 42, 2,474 test images', async () => {
    const set = await loadCub200Crops({ directory: join(DATA, 'cub-crops') });
    expect([set.split.train.length, set.split.test.length]).toEqual([58, 42]);
    expect(paperSplit(set, { validation: 0, seed: 0 }).test.length).toBe(2474);
    expect(set.partial).toBe('partial: CUB crops, 58/42 classes');
  });

  it.skipIf(!has('cars196'))('Cars: the training half by class, and both annotations agree', async () => {
    const directory = join(DATA, 'cars196');
    const set = await loadCars196({ directory, allowPartial: true });
    const split = paperSplit(set, { validation: 0, seed: 0 });
    expect([split.train.length, split.test.length]).toEqual([4052, 4092]);
    expect(set.partial).toMatch(/8,144 of 16,185 images.*training half only/);
    const halves = listCars196(directory);
    checkCounts(halves);
  });

  it.skipIf(!has('cars196/devkit'))(
    'Cars: lists at the root, and halves nested as on Kaggle, are found',
    () => {
      const source = join(DATA, 'cars196');
      const directory = temporaryFolder();
      for (const list of readdirSync(join(source, 'devkit')).filter((name) => name.endsWith('.mat')))
        copyFileSync(join(source, 'devkit', list), join(directory, list));
      mkdirSync(join(directory, 'cars_train'));
      symlinkSync(join(source, 'cars_train'), join(directory, 'cars_train', 'cars_train'));
      const { present } = presenceOf(listCars196(directory));
      expect([present.length, present[0].path]).toEqual([8144, 'cars_train/cars_train/00001.jpg']);
      rmSync(join(directory, 'cars_train'), { recursive: true });
      symlinkSync(join(source, 'cars_train'), join(directory, 'cars_train'));
      expect(presenceOf(listCars196(directory)).present[0].path).toBe('cars_train/00001.jpg');
    },
  );

  it.skipIf(!has('CUB_200_2011'))('CUB without its boxes is read, and refuses only boxes', async () => {
    const directory = temporaryFolder();
    for (const name of readdirSync(join(DATA, 'CUB_200_2011')))
      if (name !== 'bounding_boxes.txt') symlinkSync(join(DATA, 'CUB_200_2011', name), join(directory, name));
    expect(presenceOf(listCub200(directory)).present).toHaveLength(2889);
    await expect(loadCub200({ directory, allowPartial: true, boundingBoxCrops: true })).rejects.toThrow(
      /holds no bounding boxes \(for CUB-200-2011, bounding_boxes\.txt\)/,
    );
  });

  it.skipIf(!has('cars196') || !has('online-products') || !has('CUB_200_2011'))(
    'kit embed takes the names that kit data list gives',
    () => {
      const network = join('tests', 'features', 'fixtures', 'onnx', 'plain.onnx');
      for (const [name, said] of [
        ['cub200', /The copy of CUB-200-2011 .* is not whole/],
        ['cars196', /The copy of Cars-196 .* is not whole/],
        ['online-products', /lists of Stanford Online Products but none of the images/],
      ] as const)
        expect(runKit(['embed', name, '--backbone', network], { KIT_DATA: DATA }).stderr).toMatch(said);
    },
  );

  it.skipIf(!has('cars196/cars_annos.mat'))(
    'Cars: car_ims with cars_annos.mat is the other packaging',
    async () => {
      const directory = temporaryFolder();
      copyFileSync(join(DATA, 'cars196', 'cars_annos.mat'), join(directory, 'cars_annos.mat'));
      mkdirSync(join(directory, 'car_ims'));
      const first = listCars196(directory);
      checkCounts(first);
      const ofClass = (label: number) => first.images.filter((image) => image.label === label).slice(0, 2);
      const grey = sharp({ create: { width: 9, height: 9, channels: 3, background: '#888' } });
      for (const { path } of [0, 97, 98, 195].flatMap(ofClass)) {
        expect(path).toMatch(/^car_ims\/\d{6}\.jpg$/);
        await grey.clone().jpeg().toFile(join(directory, path));
      }
      await expect(loadCars196({ directory })).rejects.toThrow(/16,177 listed images are missing/);
      const set = await loadCars196({ directory, allowPartial: true });
      expect(set.partial).toBe('partial: 8 of 16,185 images, 4 of 196 classes');
      const { train, test } = paperSplit(set, { validation: 0, seed: 0 });
      expect([train.length, test.length]).toEqual([4, 4]);
    },
  );

  it.skipIf(!has('online-products'))('Online Products: both lists have the published counts', () => {
    const listing = listOnlineProducts(join(DATA, 'online-products'));
    checkCounts(listing);
    expect([listing.images.length, listing.classNames.at(0)]).toEqual([120_053, 'bicycle/1']);
  });
});
