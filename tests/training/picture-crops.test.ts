import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom, startBackend } from '../../src/index.js';
import { cropInputs, cropPicture, drawCrop } from '../../src/training/picture-crops.js';

beforeAll(() => startBackend({ threads: 1 }));

/** A picture of 3×3 pixels whose red is 10 · row + column; green and blue follow. */
const picture = Uint8Array.from({ length: 27 }, (_, i) => {
  const pixel = Math.floor(i / 3);
  return 10 * Math.floor(pixel / 3) + (pixel % 3) + 100 * (i % 3);
});

describe('a crop', () => {
  it('holds the pixels from its corner on, and those of a mirrored one run from right to left', () => {
    const reds = (mirrored: boolean) => {
      const into = new Uint8Array(12);
      cropPicture(picture, 3, { left: 1, top: 1, mirrored }, 2, into);
      return [0, 3, 6, 9].map((at) => into[at]);
    };
    expect(reds(false)).toEqual([11, 12, 21, 22]);
    expect(reds(true)).toEqual([12, 11, 22, 21]);
  });

  it('is the middle in test; in training anywhere in the picture, half of the time mirrored', () => {
    expect(drawCrop(29, null)).toEqual({ left: 14, top: 14, mirrored: false });
    const drawn = Array.from({ length: 2000 }, (_, seed) => drawCrop(29, new SeededRandom(seed)));
    expect(new Set(drawn.map(({ left }) => left)).size).toBe(30);
    expect(Math.max(...drawn.map(({ top }) => top))).toBe(29);
    expect(drawn.filter(({ mirrored }) => mirrored).length / 2000).toBeCloseTo(0.5, 1);
  });

  it('reaches the network as blue, green, red minus the means, whatever number of bytes it has', async () => {
    const inputs = cropInputs((_, into) => into.set(picture), { pictureSide: 3, side: 1 });
    const before = tf.memory().numTensors;
    const uploaded = tf.tensor(await inputs.read([0, 0, 0], null), [...inputs.uploadShape(3)], inputs.dtype);
    const pictures = inputs.toNetwork(uploaded, 3);
    expect(pictures.shape).toEqual([3, 1, 1, 3]);
    const pixel = [211 - 104, 111 - 117, 11 - 123];
    expect(Array.from(pictures.dataSync())).toEqual([...pixel, ...pixel, ...pixel]);
    tf.dispose([uploaded, pictures]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
