import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFolder } from './make-folder.js';
import { writeFailure } from './write-failure.js';

/** How often a holder shows that it is alive, and after how long without that it counts as gone; milliseconds. */
const CLAIM_BEAT = 10_000;
export const CLAIM_LEASE = 60_000;

export interface ClaimHolder {
  readonly host: string;
  readonly pid: number;
}

/**
 * Who may do a piece of work, among processes on several machines that see one folder, also by NFS: no lock of the
 * operating system, only `rename`, which is atomic on every file server.
 *
 * A claim is a folder with one empty file, named for its holder. It is made aside and renamed into place, which fails
 * where another's is there; that of a holder that is gone is taken over by renaming its file, which one of several
 * processes can do. A holder touches its file. One of the same machine is gone when its process is; another is gone when
 * somebody saw its file unchanged for `CLAIM_LEASE` by its own clock, so that clocks need not agree.
 */
export class Claims {
  private readonly seen = new Map<string, { readonly state: string; readonly since: number }>();

  constructor(
    private readonly folder: string,
    private readonly lease = CLAIM_LEASE,
  ) {}

  /**
   * Null where another process holds it; asking again takes over what stayed unchanged for the lease.
   *
   * @throws KitError `not-writable`
   */
  take(name: string): Claim | null {
    const path = join(this.folder, name);
    const token = ownToken();
    const before = tokenIn(path);
    if (before !== null) return this.isGone(path, before) ? takeOver(path, before, token) : null;
    return place(path, token);
  }

  /** Who holds it, as far as one look can tell: null where nobody does or its process is gone. */
  holder(name: string): ClaimHolder | null {
    const path = join(this.folder, name);
    const token = tokenIn(path);
    if (token === null || processIsGone(token)) return null;
    const touched = timeOf(path, token);
    const { host, pid } = partsOf(token);
    if (touched === null || (host !== hostname() && Date.now() - touched > this.lease)) return null;
    return { host, pid };
  }

  /** For a sentence, whether it is at work still or not. */
  nameOfHolder(name: string): string {
    const token = tokenIn(join(this.folder, name));
    if (token === null) return 'Another process';
    const { host, pid } = partsOf(token);
    return host === hostname() ? `Process ${pid}` : `Process ${pid} on ${host}`;
  }

  private isGone(path: string, token: string): boolean {
    if (processIsGone(token)) return true;
    const state = `${token} ${timeOf(path, token)}`;
    const seen = this.seen.get(path);
    if (seen?.state !== state) {
      this.seen.set(path, { state, since: performance.now() });
      return false;
    }
    return performance.now() - seen.since >= this.lease;
  }
}

/** Held until `release`; shows by itself that it is alive while the process's event loop turns. */
export class Claim {
  private readonly beat: NodeJS.Timeout;

  constructor(
    private readonly path: string,
    private readonly token: string,
  ) {
    this.beat = setInterval(() => this.touch(), CLAIM_BEAT).unref();
  }

  /** Whether no other process took it over, for instance after this one stood still for long. */
  get isHeld(): boolean {
    return existsSync(join(this.path, this.token));
  }

  release(): void {
    clearInterval(this.beat);
    try {
      unlinkSync(join(this.path, this.token));
      rmdirSync(this.path);
    } catch {
      // Another holds it, or somebody removed it: there is nothing to give back.
    }
  }

  private touch(): void {
    try {
      touch(this.path, this.token);
    } catch {
      // As above.
    }
  }
}

/** The rename of one folder onto another succeeds where that one is missing or empty. */
function place(path: string, token: string): Claim | null {
  const aside = `${path}.${token}`;
  try {
    makeFolder(dirname(path));
    mkdirSync(aside);
    writeFileSync(join(aside, token), '');
    renameSync(aside, path);
  } catch (error) {
    if (existsSync(aside)) rmSync(aside, { recursive: true, force: true });
    if (existsSync(join(path, token))) return new Claim(path, token);
    const { code = '', syscall } = error as NodeJS.ErrnoException;
    if (syscall === 'rename' && ['EEXIST', 'ENOTEMPTY'].includes(code)) return null;
    throw writeFailure(path, error);
  }
  return new Claim(path, token);
}

function takeOver(path: string, before: string, token: string): Claim | null {
  try {
    // First, so that it is never both taken over and old.
    touch(path, before);
    renameSync(join(path, before), join(path, token));
  } catch {
    // Another was faster; or the server did it and its answer was lost.
    if (!existsSync(join(path, token))) return null;
  }
  return new Claim(path, token);
}

function touch(path: string, token: string): void {
  const now = new Date();
  utimesSync(join(path, token), now, now);
}

function tokenIn(path: string): string | null {
  try {
    return readdirSync(path)[0] ?? null;
  } catch {
    return null;
  }
}

function timeOf(path: string, token: string): number | null {
  return statSync(join(path, token), { throwIfNoEntry: false })?.mtimeMs ?? null;
}

/** Machine, process, when that began (numbers of processes come again), and a word by chance. */
function ownToken(): string {
  return [hostname(), process.pid, startOf(process.pid) ?? 0, randomBytes(4).toString('hex')].join('~');
}

function partsOf(token: string): ClaimHolder & { readonly start: string } {
  const [host, pid, start] = token.split('~');
  return { host, pid: Number(pid), start };
}

function processIsGone(token: string): boolean {
  const { host, pid, start } = partsOf(token);
  if (host !== hostname()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'EPERM';
  }
  const now = startOf(pid);
  return now !== null && now !== start;
}

/** Ticks after the machine's start; null where the system does not say, "dead" of one that only waits to be asked for. */
function startOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /, '')
      .split(' ');
    return fields[0] === 'Z' ? 'dead' : fields[19];
  } catch {
    return null;
  }
}
