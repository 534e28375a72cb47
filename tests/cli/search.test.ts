import { copyFileSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makePictureFolder, temporaryFolder } from '../picture-folder.js';
import { runKit } from './run-kit.js';

const model = resolve('tests', 'features', 'fixtures', 'onnx', 'plain.onnx');

describe('kit search', () => {
  it('names the nearest pictures, the query’s own copy and class first, and shows them on a page', async () => {
    const folder = await makePictureFolder(4, 3);
    const query = join(temporaryFolder(), 'query.png');
    copyFileSync(join(folder, 'class-02', '1.png'), query);
    const out = join(temporaryFolder(), 'search.html');
    const args = ['search', query, '--in', folder, '--backbone', model, '--count', '3', '--out', out];
    const { status, stdout, stderr } = runKit(args);
    expect([stderr, status]).toEqual(['', 0]);
    const [first, ...others] = stdout.trim().split('\n');
    expect(first).toMatch(/^1 {2}1\.0000 {2}class-02 {2}.*class-02\/1\.png$/);
    expect(others.slice(0, 2).every((line) => line.includes('class-02'))).toBe(true);
    const page = readFileSync(out, 'utf8');
    expect(page.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(4);
    expect(page).not.toMatch(/https?:\/\//);
    expect(runKit(args).status).toBe(0);
    expect(readdirSync(join(folder, 'class-02'))).toHaveLength(3);
  });

  it('leaves the query itself out where it lies in the folder, also by a link, and says so', async () => {
    const folder = await makePictureFolder(2, 3);
    const query = join(folder, 'class-01', '1.png');
    const link = join(temporaryFolder(), 'link.png');
    symlinkSync(query, link);
    for (const path of [query, link]) {
      const out = join(temporaryFolder(), 'search.html');
      const { stdout } = runKit(['search', path, '--in', folder, '--backbone', model, '--out', out]);
      expect(stdout).toContain(`note: the query lies in ${folder} and is left out`);
      expect(stdout.match(/^ *\d+ {2}/gm)).toHaveLength(5);
      expect(stdout).not.toContain('class-01/1.png');
      expect(readFileSync(out, 'utf8')).toMatch(/The 5 of 5 pictures that are nearest.*left out/);
    }
  });

  it('says of a folder that holds the query alone what is missing', async () => {
    const folder = await makePictureFolder(1, 1);
    const args = ['search', join(folder, 'class-00', '0.png'), '--in', folder, '--backbone', model];
    const { status, stderr } = runKit([...args, '--out', join(temporaryFolder(), 'search.html')]);
    expect(stderr).toMatch(/holds no picture but the query/);
    expect(status).toBe(1);
  });

  it.each([
    ['a folder as the query', '.', model, /is no file; name the picture/],
    ['a network that is no file', 'package.json', 'googlenet', /takes the path of an \.onnx file/],
    ['a query that is no picture', 'package.json', model, /can't be read as a picture/],
  ])('refuses %s', async (_, query, backbone, message) => {
    const out = join(temporaryFolder(), 'search.html');
    const { status, stderr } = runKit([
      'search',
      query,
      '--in',
      await makePictureFolder(2, 2),
      '--backbone',
      backbone,
      '--out',
      out,
    ]);
    expect(stderr).toMatch(message);
    expect(status).toBe(1);
  });
});
