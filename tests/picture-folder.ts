import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { SeededRandom } from '../src/seeded-random.js';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kit-'));
}

/** A folder with these files, text by path. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** A folder a class, each with pictures of one colour, `0.png` and on through all classes. */
export async function colouredPictures(
  colours: Readonly<Record<string, readonly string[]>>,
  size: { readonly width: number; readonly height: number },
): Promise<string> {
  const folder = temporaryFolder();
  const all = Object.entries(colours).flatMap(([name, own]) => own.map((background) => [name, background]));
  for (const [i, [name, background]] of all.entries()) {
    mkdirSync(join(folder, name), { recursive: true });
    const picture = sharp({ create: { ...size, channels: 3, background } });
    await picture.png().toFile(join(folder, name, `${i}.png`));
  }
  return folder;
}

/** A folder a class, each with pictures of its own colour and of noise; the same on every call. */
export async function makePictureFolder(classes = 12, pictures = 4, size = 16): Promise<string> {
  const folder = temporaryFolder();
  const random = new SeededRandom('pictures');
  for (let c = 0; c < classes; c++) {
    const colour = [random.integer(200), random.integer(200), random.integer(200)];
    const directory = join(folder, `class-${String(c).padStart(2, '0')}`);
    mkdirSync(directory);
    for (let p = 0; p < pictures; p++) {
      const pixels = Uint8Array.from(
        { length: size * size * 3 },
        (_, i) => colour[i % 3] + random.integer(56),
      );
      await sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
        .png()
        .toFile(join(directory, `${p}.png`));
    }
  }
  return folder;
}

/** A spec of a very small run on such a folder. */
export function smallSpec(directory: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    experiment: 'small',
    method: 'N-pair & angular',
    dataset: { name: 'image-folder', directory, size: 16 },
    split: { train: 0.5, validation: 0.2, test: 0.3, seed: 0 },
    model: { name: 'small-convnet', channels: [4, 8], embeddingDimension: 8, radius: 2 },
    loss: {
      name: 'n-pair-angular',
      alphaDegrees: 45,
      lambda: 2,
      negatives: 'other-positives',
      normalize: 'none',
      l2: 0,
    },
    batch: { name: 'n-pair', classes: 4 },
    optimizer: { name: 'adam', learningRate: 0.003, weightDecay: 0, schedule: 'cosine' },
    augmentation: { shift: 1, flip: true, rotateDegrees: 5, zoom: 0.1, colour: 0.1 },
    steps: 10,
    validateEvery: 1,
    evaluation: { ks: [1, 2], kMeansRestarts: 1, test: 'read-once' },
    seed: 0,
    ...changes,
  };
}

/** The same as an experiment file takes it: what all runs share, and what its method has to itself. */
export function smallBase(directory: string, changes: Record<string, unknown> = {}) {
  const { experiment: _, seed: __, method, loss, ...base } = smallSpec(directory, changes);
  return { base, method, loss };
}
