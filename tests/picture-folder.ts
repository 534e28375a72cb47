import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { SeededRandom } from '../src/seeded-random.js';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'kit-'));
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
