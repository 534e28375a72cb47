import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeFailure } from '../../src/files/write-failure.js';
import { writeFileWhole } from '../../src/files/write-file-whole.js';
import { KitError } from '../../src/kit-error.js';
import { temporaryFolder } from '../picture-folder.js';

const failed = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });

describe('a file that can not be written', () => {
  it.each([
    ['a full disk', failed('ENOSPC', 'write'), /the disk is full; free some space and run the command again/],
    ['a used-up quota', failed('EDQUOT', 'write'), /quota is used up/],
    ['no permission', failed('EACCES', 'open'), /no permission.*--results, --out, KIT_CACHE or KIT_DATA/],
    ['a read-only file system', failed('EROFS', 'open'), /read-only/],
    ['a read-only file system, as mkdir names it', failed('ENOENT', 'mkdir'), /no folder can be made there/],
  ])('for %s says what to do', (_name, error, message) => {
    const failure = writeFailure('results/x', error) as KitError;
    expect(failure).toBeInstanceOf(KitError);
    expect(failure.message).toMatch(message);
    expect(failure.message).toMatch(/^Could not write results\/x: /);
  });

  it('for a reason that is no one’s to mend stays the error it was', () => {
    const error = failed('EIO', 'write');
    expect(writeFailure('x', error)).toBe(error);
  });

  it('leaves nothing half-written', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'taken'));
    expect(() => writeFileWhole(join(folder, 'taken'), 'x')).toThrow(/taken: it is a folder/);
    writeFileSync(join(folder, 'file'), '');
    expect(() => writeFileWhole(join(folder, 'file', 'x'), 'x')).toThrow(/a part of the path is a file/);
    expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
  });
});
