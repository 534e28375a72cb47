import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { makeFolder } from '../../files/make-folder.js';
import { sha256OfFile } from '../../files/sha256-of-file.js';
import { writeFailure } from '../../files/write-failure.js';
import { KitError } from '../../kit-error.js';

export interface DownloadOptions {
  readonly address: string;
  /** The file's final path. What has come so far lies beside it, with `.part` added. */
  readonly path: string;
  /** Null where not known. */
  readonly bytes: number | null;
  /** Hex; null where not known. */
  readonly sha256: string | null;
  /** No more than this is taken from the server. */
  readonly mostBytes: number;
  /** Without a byte for so long, the connection is given up and made anew. Default 30. */
  readonly stallSeconds?: number;
  /** Wait before the second try; doubled for each next one. Default 1. */
  readonly retrySeconds?: number;
  /** Tries in a row that bring nothing new before giving up. Default 5. */
  readonly attempts?: number;
  readonly onProgress?: (received: number, total: number | null) => void;
}

export interface Downloaded {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** A fault that another try may not show. */
class PassingFault extends Error {}

const LEAST_GAIN = 2 ** 20;

/**
 * Gets a file over http(s), going on from what an earlier try or an earlier run left; the file appears under its
 * name only when it has the length and sum that were expected.
 *
 * @throws KitError `download-failed` (refused, cut off or stalled too often, too long, wrong length or sum),
 *   `not-writable`
 */
export async function download(options: DownloadOptions): Promise<Downloaded> {
  const { address, path, attempts = 5, retrySeconds = 1 } = options;
  const part = `${path}.part`;
  makeFolder(dirname(path));
  let fruitless = 0;
  for (;;) {
    const before = sizeOf(part);
    try {
      await receive(options, part);
      break;
    } catch (error) {
      if (!(error instanceof PassingFault)) throw error;
      fruitless = sizeOf(part) - before >= LEAST_GAIN ? 1 : fruitless + 1;
      if (fruitless >= attempts) {
        throw failed(
          address,
          `${error.message}; ${attempts} tries in a row brought nothing. ${sizeOf(part)} bytes are kept in ${part}: run the command again to go on`,
        );
      }
      await wait(retrySeconds * 1000 * 2 ** (fruitless - 1));
    }
  }
  return accept(options, part);
}

async function accept({ address, path, bytes, sha256 }: DownloadOptions, part: string): Promise<Downloaded> {
  const size = sizeOf(part);
  if (bytes !== null && size !== bytes) {
    discard(part);
    throw failed(address, `${size} bytes came, expected ${bytes}; they were thrown away`);
  }
  const sum = await sha256OfFile(part);
  if (sha256 !== null && sum !== sha256) {
    discard(part);
    throw failed(
      address,
      `its SHA-256 is ${sum}, expected ${sha256}: damaged on the way or not the file it should be; it was thrown away`,
    );
  }
  renameSync(part, path);
  rmSync(`${part}.json`, { force: true });
  return { bytes: size, sha256: sum };
}

/** What the part on disk is a part of, so that two versions of a file are never spliced. */
interface PartState {
  readonly address: string;
  /** The server's ETag or modification date. */
  readonly validator: string | null;
  readonly total: number | null;
}

async function receive(options: DownloadOptions, part: string): Promise<void> {
  const { address, bytes, sha256, mostBytes, onProgress } = options;
  const state = readState(part);
  const resumable = state?.address === address && (state.validator !== null || sha256 !== null);
  if (!resumable) discard(part);
  const start = sizeOf(part);
  const expected = bytes ?? state?.total ?? null;
  if (start > 0 && start === expected) return;

  const stall = new StallGuard(options.stallSeconds ?? 30);
  let file: FileHandle | undefined;
  try {
    const response = await ask(address, start, state?.validator ?? null, stall);
    if (start > 0 && response.status === 416) {
      discard(part);
      throw new PassingFault('the server has no more bytes than were taken, and fewer than expected');
    }
    refuseUnlessFile(address, response);
    const from = response.status === 206 ? rangeStart(response) : 0;
    if (response.status === 206 && from !== start) {
      discard(part);
      throw new PassingFault('the server sent another range than was asked for');
    }
    const announced = announcedLength(response);
    const total = announced === null ? null : from + announced;
    if (bytes !== null && total !== null && total !== bytes) {
      discard(part);
      throw failed(
        address,
        `the server announces ${total} bytes, expected ${bytes}: not the file it should be`,
      );
    }
    if ((total ?? 0) > mostBytes) {
      throw failed(
        address,
        `the server announces ${total} bytes, more than the ${mostBytes} that it may have`,
      );
    }
    const validator = response.headers.get('etag') ?? response.headers.get('last-modified');
    if (from > 0 && sha256 === null && validator !== state?.validator) {
      discard(part);
      throw new PassingFault('the file changed at the server');
    }
    file = await open(part, from > 0 ? 'a' : 'w');
    writeFileSync(`${part}.json`, JSON.stringify({ address, validator, total } satisfies PartState));
    let received = from;
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      stall.reset();
      received += chunk.length;
      if (received > Math.min(total ?? mostBytes, bytes ?? mostBytes)) {
        await file.close();
        file = undefined;
        discard(part);
        throw failed(address, `more bytes came than the ${total ?? bytes ?? mostBytes} that it may have`);
      }
      await file.writeFile(chunk);
      onProgress?.(received, total ?? bytes);
    }
    const whole = total ?? bytes;
    if (whole !== null && received < whole)
      throw new PassingFault(`cut off after ${received} of ${whole} bytes`);
  } catch (error) {
    throw faultOf(error, stall, part);
  } finally {
    stall.stop();
    await file?.close();
  }
}

function faultOf(error: unknown, stall: StallGuard, part: string): unknown {
  if (error instanceof KitError || error instanceof PassingFault) return error;
  if (stall.fired) return new PassingFault(`no byte came for ${stall.seconds} s`);
  const failure = writeFailure(part, error);
  if (failure instanceof KitError) return failure;
  const { message, cause } = error as Error & { cause?: Error };
  return new PassingFault(cause?.message ? `${message} (${cause.message})` : message);
}

async function ask(
  address: string,
  start: number,
  validator: string | null,
  stall: StallGuard,
): Promise<Response> {
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (start > 0) {
    headers.range = `bytes=${start}-`;
    // A weak validator may not stand in If-Range (RFC 9110, 13.1.5).
    if (validator !== null && !validator.startsWith('W/')) headers['if-range'] = validator;
  }
  const response = await fetch(address, { headers, signal: stall.signal });
  if (response.status >= 500 || response.status === 429) {
    throw new PassingFault(`the server answers ${response.status} ${response.statusText}`);
  }
  return response;
}

function refuseUnlessFile(address: string, response: Response): void {
  if (response.status !== 200 && response.status !== 206) {
    throw failed(address, `the server answers ${response.status} ${response.statusText}`);
  }
  if (/^text\/html/.test(response.headers.get('content-type') ?? '')) {
    throw failed(address, 'the server sends a web page instead of the file');
  }
}

function rangeStart(response: Response): number {
  const match = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '');
  return match === null ? Number.NaN : Number(match[1]);
}

function announcedLength(response: Response): number | null {
  const length = response.headers.get('content-length');
  return length === null ? null : Number(length);
}

function readState(part: string): PartState | undefined {
  try {
    return JSON.parse(readFileSync(`${part}.json`, 'utf8')) as PartState;
  } catch {
    return undefined;
  }
}

function discard(part: string): void {
  rmSync(part, { force: true });
  rmSync(`${part}.json`, { force: true });
}

function sizeOf(path: string): number {
  return existsSync(path) ? statSync(path).size : 0;
}

function failed(address: string, what: string): KitError {
  return new KitError(
    'download-failed',
    `${address}: ${what}. If it stays so, get the file in another way and hand it over with --from.`,
  );
}

/** Aborts when `reset` was not called for so many seconds. */
class StallGuard {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout;

  constructor(readonly seconds: number) {
    this.timer = this.start();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get fired(): boolean {
    return this.controller.signal.aborted;
  }

  reset(): void {
    clearTimeout(this.timer);
    this.timer = this.start();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private start(): NodeJS.Timeout {
    return setTimeout(() => this.controller.abort(), this.seconds * 1000);
  }
}
