import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Wheel } from '../../../src/backends/tensorflow/engine-forms.js';
import { downloadWheel, unpackWheel } from '../../../src/backends/tensorflow/python-wheel.js';
import { temporaryFolder } from '../../picture-folder.js';

const hasPip = spawnSync('python3', ['-m', 'pip', '--version']).status === 0;

describe.skipIf(!hasPip)('a wheel', () => {
  let index: string;
  let wheel: Wheel;
  const name = 'kit_made_up-1.0-py3-none-any.whl';

  /** A wheel of a folder that pip takes for its index. */
  beforeEach(() => {
    index = temporaryFolder();
    const files: Record<string, string> = {
      'nvidia/made_up/lib/libmade_up.so.1': 'library',
      'nvidia/made_up/lib/notes.txt': 'not wanted',
      'kit_made_up-1.0.dist-info/METADATA': 'Metadata-Version: 2.1\nName: kit-made-up\nVersion: 1.0\n',
      'kit_made_up-1.0.dist-info/WHEEL': 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
      'kit_made_up-1.0.dist-info/RECORD': '',
    };
    const source = temporaryFolder();
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      writeFileSync(join(source, path), text);
    }
    spawnSync('python3', ['-m', 'zipfile', '-c', join(index, name), 'nvidia', 'kit_made_up-1.0.dist-info'], {
      cwd: source,
    });
    wheel = {
      requirement: 'kit-made-up==1.0',
      python: '3.12',
      platform: 'manylinux2014_x86_64',
      sha256: createHash('sha256')
        .update(readFileSync(join(index, name)))
        .digest('hex'),
      megabytes: 1,
    };
    process.env.PIP_NO_INDEX = '1';
    process.env.PIP_FIND_LINKS = index;
  });
  afterEach(() => {
    delete process.env.PIP_NO_INDEX;
    delete process.env.PIP_FIND_LINKS;
  });

  it('is downloaded by pip, kept, and taken again where pip can no longer reach it', async () => {
    const options = { python: 'python3', folder: temporaryFolder() };
    const path = await downloadWheel(wheel, options);
    rmSync(join(index, name));
    expect(await downloadWheel(wheel, options)).toBe(path);
    await expect(downloadWheel(wheel, { ...options, folder: temporaryFolder() })).rejects.toMatchObject({
      code: 'download-failed',
      message: expect.stringContaining('pip could not download kit-made-up==1.0. Check that PyPI'),
    });
  });

  it('of another sum is refused and thrown away', async () => {
    const folder = temporaryFolder();
    const other = { ...wheel, sha256: '0'.repeat(64) };
    await expect(downloadWheel(other, { python: 'python3', folder })).rejects.toMatchObject({
      code: 'download-failed',
      message: expect.stringContaining(`has the SHA-256 ${wheel.sha256}; expected 000`),
    });
    expect(existsSync(join(folder, wheel.requirement))).toBe(false);
  });

  it('gives the files that are asked for, and no other', async () => {
    const to = temporaryFolder();
    const places = await unpackWheel(join(index, name), (file) =>
      /\.so/.test(file) ? join(to, file) : undefined,
    );
    expect(places).toEqual([join(to, 'nvidia/made_up/lib/libmade_up.so.1')]);
    expect(readFileSync(places[0], 'utf8')).toBe('library');
    expect(existsSync(join(to, 'nvidia/made_up/lib/notes.txt'))).toBe(false);
  });
});

it.skipIf(hasPip)('needs pip to test the download of a wheel', () => {});
