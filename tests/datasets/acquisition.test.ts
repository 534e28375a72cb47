import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import * as tar from 'tar';
import { afterEach, describe, expect, it } from 'vitest';
import { download } from '../../src/datasets/acquisition/download.js';
import { getDataset } from '../../src/datasets/acquisition/get-dataset.js';
import { datasetSources, sourceNamed } from '../../src/datasets/acquisition/sources.js';
import { unpackArchive } from '../../src/datasets/acquisition/unpack-archive.js';
import { temporaryFolder } from '../picture-folder.js';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 31) % 256));
const sum = createHash('sha256').update(content).digest('hex');

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves by turns: the nth request gets the nth answer, later ones the last. */
async function serve(...answers: ((request: IncomingMessage, response: ServerResponse) => void)[]) {
  const ranges: (string | undefined)[] = [];
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answers[Math.min(ranges.length, answers.length) - 1](request, response);
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.tgz`, ranges };
}

/** An honest server that knows ranges. */
function honest(request: IncomingMessage, response: ServerResponse): void {
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    etag: '"1"',
    'content-length': content.length - start,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
  });
  response.end(content.subarray(start));
}

function dropsAfter(bytes: number) {
  return (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { etag: '"1"', 'content-length': content.length });
    response.write(content.subarray(0, bytes), () => setTimeout(() => response.destroy(), 20));
  };
}

function getting(address: string, changes: object = {}) {
  const path = join(temporaryFolder(), 'file.tgz');
  const options = {
    address,
    path,
    bytes: content.length,
    sha256: sum,
    mostBytes: 1e6,
    retrySeconds: 0.01,
    stallSeconds: 0.3,
    attempts: 3,
  };
  return { path, done: download({ ...options, ...changes }) };
}

describe('a download', () => {
  it('arrives whole with its sum', async () => {
    const { address } = await serve(honest);
    const { path, done } = getting(address);
    expect(await done).toEqual({ bytes: content.length, sha256: sum });
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(readdirSync(join(path, '..'))).toEqual(['file.tgz']);
  });

  it('goes on where a dropped connection left it', async () => {
    const { address, ranges } = await serve(dropsAfter(100_000), honest);
    const { path, done } = getting(address);
    await done;
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(ranges).toEqual([undefined, 'bytes=100000-']);
  });

  it('begins anew where the server knows no ranges', async () => {
    const whole = (_: IncomingMessage, response: ServerResponse) => void response.end(content);
    const { address } = await serve(dropsAfter(100_000), whole);
    expect((await getting(address).done).sha256).toBe(sum);
  });

  it('that stalls is taken up again', async () => {
    const stalls = (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(200, { etag: '"1"', 'content-length': content.length });
      response.write(content.subarray(0, 1000));
    };
    const { address } = await serve(stalls, honest);
    expect((await getting(address).done).sha256).toBe(sum);
  });

  it('that never gets further gives up, keeps what came, and says how to go on', async () => {
    const { address } = await serve(dropsAfter(1000));
    const { path, done } = getting(address);
    await expect(done).rejects.toThrow(/3 tries in a row.*run the command again/);
    expect(existsSync(path)).toBe(false);
    expect(existsSync(`${path}.part`)).toBe(true);
  });

  it('that was tampered with is thrown away', async () => {
    const tampered = Buffer.from(content);
    tampered[5] ^= 1;
    const { address } = await serve((_, response) => void response.end(tampered));
    const { path, done } = getting(address);
    await expect(done).rejects.toThrow(/SHA-256 is [0-9a-f]{64}, expected/);
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });

  it.each([
    ['too long', content.length + 5],
    ['too short', content.length - 5],
  ])('whose announced length is %s is refused', async (_name, length) => {
    const { address } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': length });
      response.flushHeaders();
    });
    await expect(getting(address).done).rejects.toThrow(/announces \d+ bytes, expected 300000/);
  });

  it('of which the server sends another range than was asked for begins anew', async () => {
    const elsewhere = (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(206, { 'content-range': `bytes 5-${content.length - 1}/${content.length}` });
      response.end(content.subarray(5));
    };
    const { address, ranges } = await serve(dropsAfter(100_000), elsewhere, honest);
    expect((await getting(address).done).sha256).toBe(sum);
    expect(ranges).toEqual([undefined, 'bytes=100000-', undefined]);
  });

  it('that does not end is cut at the most it may have', async () => {
    const endless = (_: IncomingMessage, response: ServerResponse) => {
      const more = () => response.destroyed || response.write(content, () => setTimeout(more, 1));
      more();
    };
    const { address } = await serve(endless);
    await expect(getting(address, { bytes: null, sha256: null }).done).rejects.toThrow(/more bytes came/);
  });

  it.each([
    ['404', 404, 'application/gzip', /answers 404/],
    ['a web page', 200, 'text/html', /a web page instead/],
  ])('answered by %s is refused at once', async (_name, status, type, message) => {
    const { address, ranges } = await serve((_, response) => {
      response.writeHead(status, { 'content-type': type }).end('no');
    });
    await expect(getting(address).done).rejects.toThrow(message);
    expect(ranges.length).toBe(1);
  });
});

interface ZipEntry {
  readonly name: string;
  readonly data: string;
  readonly mode?: number;
  readonly sum?: number;
}

/** A zip of stored entries, honest or not. */
function zipOf(entries: readonly ZipEntry[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data, mode = 0o100644, sum: given } of entries) {
    const bytes = Buffer.from(data);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt32LE(given ?? crc32(bytes), 10);
    fields.writeUInt32LE(bytes.length, 14);
    fields.writeUInt32LE(bytes.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), bytes]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE((mode << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), fields, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...locals, directory, Buffer.from('PK\x05\x06'), end]);
}

describe('unpacking', () => {
  const limits = { mostBytes: 1000, mostEntries: 10 };

  function unpackZip(...entries: ZipEntry[]) {
    const folder = temporaryFolder();
    const archive = join(folder, 'a.zip');
    writeFileSync(archive, zipOf(entries));
    return { into: join(folder, 'in'), folder, done: unpackArchive(archive, join(folder, 'in'), limits) };
  }

  async function unpackTar(fill: (folder: string) => void, name = 'd') {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'd'));
    fill(join(folder, 'd'));
    await tar.c({ file: join(folder, 'a.tgz'), gzip: true, cwd: join(folder, 'd'), preservePaths: true }, [
      name,
    ]);
    return unpackArchive(join(folder, 'a.tgz'), join(folder, 'in'), limits).then(() => join(folder, 'in'));
  }

  it('gives the files of a tar and of a zip', async () => {
    const into = await unpackTar((folder) => writeFileSync(join(folder, 'x.txt'), 'x'), 'x.txt');
    expect(readFileSync(join(into, 'x.txt'), 'utf8')).toBe('x');
    const zip = unpackZip({ name: 'd/', data: '' }, { name: 'd/y.txt', data: 'y' });
    await zip.done;
    expect(readFileSync(join(zip.into, 'd', 'y.txt'), 'utf8')).toBe('y');
  });

  it('refuses a path that leads out, by name, and writes nothing there', async () => {
    const zip = unpackZip({ name: '../out.txt', data: 'x' });
    await expect(zip.done).rejects.toThrow(/out\.txt/);
    expect(existsSync(join(zip.folder, 'out.txt'))).toBe(false);
    const up = unpackTar((folder) => writeFileSync(join(folder, '..', 'out.txt'), 'x'), '../out.txt');
    await expect(up).rejects.toThrow(/leads out of the folder/);
  });

  it('refuses links', async () => {
    await expect(unpackZip({ name: 'l', data: '/etc/passwd', mode: 0o120777 }).done).rejects.toThrow(
      /"l" is a link/,
    );
    await expect(unpackTar((folder) => symlinkSync('/etc', join(folder, 'l')), 'l')).rejects.toThrow(
      /"l" is a link/,
    );
  });

  it('refuses more bytes or entries than a data set has', async () => {
    await expect(unpackZip({ name: 'big', data: 'x'.repeat(1001) }).done).rejects.toThrow(
      /more than 1000 bytes/,
    );
    const fill = (folder: string) => writeFileSync(join(folder, 'big'), Buffer.alloc(2_000_000));
    await expect(unpackTar(fill, 'big')).rejects.toThrow(/more than 1000 bytes/);
    const many = Array.from({ length: 11 }, (_, i) => ({ name: `${i}`, data: '' }));
    await expect(unpackZip(...many).done).rejects.toThrow(/more than 10 entries/);
  });

  it('refuses a damaged entry, a cut archive and what is no archive', async () => {
    await expect(unpackZip({ name: 'x', data: 'x', sum: 1 }).done).rejects.toThrow(/"x" is damaged/);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'x'), Buffer.alloc(3000, 7));
    await tar.c({ file: join(folder, 'a.tgz'), gzip: true, cwd: folder }, ['x']);
    const bytes = readFileSync(join(folder, 'a.tgz'));
    writeFileSync(join(folder, 'cut.tgz'), bytes.subarray(0, bytes.length - 20));
    const roomy = { mostBytes: 1e5, mostEntries: 10 };
    await expect(unpackArchive(join(folder, 'cut.tgz'), join(folder, 'in'), roomy)).rejects.toThrow(
      /not unpacked/,
    );
    writeFileSync(join(folder, 'no'), 'hello');
    await expect(unpackArchive(join(folder, 'no'), join(folder, 'in'), roomy)).rejects.toThrow(
      /neither a tar nor a zip/,
    );
  });
});

describe('getting a data set', () => {
  it('asks for the terms first, and leaves nothing behind when what was given is another set', async () => {
    const directory = temporaryFolder();
    const source = sourceNamed('cub200');
    await expect(getDataset(source, { acceptLicense: false, directory })).rejects.toThrow(/--accept-license/);
    const archive = join(temporaryFolder(), 'CUB_200_2011.zip');
    writeFileSync(archive, zipOf([{ name: 'x/y.txt', data: 'y' }]));
    await expect(getDataset(source, { acceptLicense: true, directory, from: archive })).rejects.toThrow(
      /does not hold CUB-200-2011/,
    );
    expect(readdirSync(directory)).toEqual([]);
  });

  it('has an address, a sum or its status, and terms for each', () => {
    for (const { terms, packagings } of datasetSources) {
      expect(terms.length).toBeGreaterThan(50);
      for (const { sha256, address, sumStatus } of packagings.flatMap(({ archives }) => archives)) {
        expect(address).toMatch(/^https?:\/\//);
        if (sha256 === null) expect(sumStatus).toBe('recorded at first download');
        else expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      }
    }
  });
});
