import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CaffeNet, readCaffemodel } from '../../src/models/caffemodel.js';
import type { Network } from '../../src/models/network.js';
import { readWeights } from '../../src/models/read-weights.js';
import { vgg16 } from '../../src/models/vgg16.js';
import { madeUpWeights } from './made-up-weights.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const small: Network = {
  name: 'small',
  inputSize: 8,
  layers: [
    { kind: 'convolution', name: 'block/3x3', input: 'data', filters: 4, kernel: 3, stride: 2, pad: 1 },
    { kind: 'dense', name: 'fc', input: 'block/3x3', units: 5, relu: false },
  ],
};

function write(path: string, content: Uint8Array): string {
  const whole = join(folder, path);
  mkdirSync(dirname(whole), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

const bytes = (values: Float32Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

function writeFolder(): void {
  for (const [name, { shape, filter, bias }] of madeUpWeights(small)) {
    const [out, input, height, width] = shape;
    const stored = new Float32Array(filter.length);
    for (let i = 0; i < filter.length; i++) {
      const x = i % width;
      const y = Math.floor(i / width) % height;
      const channel = Math.floor(i / (width * height)) % input;
      const o = Math.floor(i / (width * height * input));
      stored[((o * height + y) * width + x) * input + channel] = filter[i];
    }
    expect(out).toBe(bias.length);
    write(`w/${name}_filter.bin`, bytes(stored));
    write(`w/${name}_bias.bin`, bytes(bias));
  }
}

describe('a folder of float files', () => {
  it('gives filters as [out, in, height, width], from files in the order out, height, width, in', () => {
    writeFolder();
    expect(readWeights(small, join(folder, 'w')).layers).toEqual(madeUpWeights(small));
  });

  it('is refused by name where a file is missing or cut off', () => {
    writeFolder();
    write('w/fc_bias.bin', new Uint8Array(7));
    expect(() => readWeights(small, join(folder, 'w'))).toThrow(/fc_bias\.bin has 7 bytes; expected 20/);
    rmSync(join(folder, 'w', 'fc_bias.bin'));
    expect(() => readWeights(small, join(folder, 'w'))).toThrow(/fc_bias\.bin is missing/);
  });

  it('that is not there says where weights may come from', () => {
    expect(() => readWeights(small, join(folder, 'nowhere'))).toThrow(/\.caffemodel or a folder/);
  });
});

describe('a .caffemodel', () => {
  const blob = (dim: readonly number[], data: Float32Array) => ({ shape: { dim }, data: Array.from(data) });

  it('of today is read with filter and bias of every layer', () => {
    const layer = [...madeUpWeights(small)].map(([name, { shape, filter, bias }]) => ({
      name,
      blobs: [blob(name === 'fc' ? shape.slice(0, 2) : shape, filter), blob([bias.length], bias)],
    }));
    const path = write('net.caffemodel', CaffeNet.encode(CaffeNet.fromObject({ layer })).finish());
    expect(readCaffemodel(path)).toEqual(madeUpWeights(small));
    expect(readWeights(small, path).layers).toEqual(madeUpWeights(small));
  });

  it('of the older form, dense layers as 1×1×out×in, is read the same', () => {
    const layers = [...madeUpWeights(small)].map(([name, { shape, filter, bias }]) => {
      const [num, channels, height, width] = name === 'fc' ? [1, 1, shape[0], shape[1]] : shape;
      const old = { num, channels, height, width, data: Array.from(filter) };
      return {
        name,
        blobs: [old, { num: 1, channels: 1, height: 1, width: bias.length, data: Array.from(bias) }],
      };
    });
    const path = write('old.caffemodel', CaffeNet.encode(CaffeNet.fromObject({ layers })).finish());
    expect(readCaffemodel(path)).toEqual(madeUpWeights(small));
  });

  it('that is cut off, or is another file, is refused', () => {
    const weights = madeUpWeights(small).get('fc');
    const layer = [
      { name: 'fc', blobs: [blob([5, 64], weights?.filter as Float32Array), blob([5], new Float32Array(5))] },
    ];
    const whole = CaffeNet.encode(CaffeNet.fromObject({ layer })).finish();
    expect(() => readCaffemodel(write('cut', whole.slice(0, 300)))).toThrow(
      /is not a \.caffemodel, or is cut off/,
    );
    expect(() => readCaffemodel(write('text', Buffer.from('name: "GoogleNet"')))).toThrow(/caffemodel/);
  });

  it('of another network is refused by the first layer that does not fit', () => {
    const layer = [
      { name: 'conv1_1', blobs: [blob([2, 3, 3, 3], new Float32Array(54)), blob([2], new Float32Array(2))] },
    ];
    const path = write('other', CaffeNet.encode(CaffeNet.fromObject({ layer })).finish());
    expect(() => readWeights(vgg16, path)).toThrow(
      /conv1_1 has 54 filter values and 2 biases; vgg16 needs 1728/,
    );
  });
});
