import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import pidusage from 'pidusage';
import { projectRoot } from '../experiments/environment.js';
import type { NotebookOutput } from '../lab/notebook-file.js';
import { type CellOrder, type CellReport, REPORT_DESCRIPTOR } from '../lab/notebook-messages.js';
import type { GradingBox } from './grading-box.js';
import { ORDER_DESCRIPTOR } from './order-descriptor.js';

/** What a submission may use. */
export interface Limits {
  /** Of processor time, for each cell. */
  readonly cellSeconds: number;
  /** Of the whole process; JavaScript's heap may take half of it. */
  readonly memoryMegabytes: number;
}

export const DEFAULT_LIMITS: Limits = { cellSeconds: 20, memoryMegabytes: 1024 };

/** What one cell did. */
export interface CellOutcome {
  /** The data of each display, by type. */
  readonly shown: readonly Readonly<Record<string, unknown>>[];
  /** The error that the cell threw, or why it did not compile; null where it ran through. */
  readonly error: string | null;
  /** Why the process is no more, where it is. */
  readonly ended: string | null;
}

interface RunningCell {
  readonly startedAt: number;
  /** Of the process when the cell was first looked at. */
  processorSeconds?: number;
  /** When it was last seen to do something. */
  busyAt: { processorSeconds: number; clock: number };
}

const LARGEST_OUTPUT = 16 * 2 ** 20;
const SAMPLE_MILLISECONDS = 100;
/** A cell that waits uses no processor time: so long may it do nothing, and so long may it take in all, by the clock. */
const IDLE_SECONDS = 60;
const CLOCK_SECONDS = 600;
/** Less than this in a minute is nothing. */
const BUSY_SECONDS = 0.05;

/**
 * A notebook's process that is trusted with nothing: it reads the box alone, writes nothing, starts nothing, and is ended at its limits.
 * What it reports is taken as data; nothing that it sends can upset this process.
 */
export class IsolatedNotebook {
  private readonly child: ChildProcess;
  private shown: Record<string, unknown>[] = [];
  private error: string | null = null;
  private ended: string | null = null;
  private finish: () => void = () => {};
  private pending = '';
  private bytes = 0;
  private readonly sampler: NodeJS.Timeout;
  private cell: RunningCell | null = null;

  constructor(
    private readonly box: GradingBox,
    private readonly limits: Limits,
  ) {
    this.child = spawn(
      process.execPath,
      [...box.flags, join(projectRoot, 'dist', 'lab', 'notebook-child.js')],
      {
        cwd: box.folder,
        env: { KIT_COURSE: 'report', TZ: 'UTC', LANG: 'C.UTF-8' },
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
        ...box.user,
      },
    );
    const reports = this.child.stdio[REPORT_DESCRIPTOR] as Readable;
    reports.setEncoding('utf8').on('data', (text: string) => this.take(text));
    for (const stream of this.child.stdio) stream?.on('error', () => {});
    // What native code writes goes past the reports; it is counted and let go.
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk: Buffer) => this.count(chunk.length));
    this.child.on('error', (error) => this.end(error.message));
    this.child.on('close', (code, signal) =>
      this.end(
        signal === null
          ? `ended the process with exit code ${code}`
          : `the process ended by ${signal}, as it does where memory runs out`,
      ),
    );
    this.sampler = setInterval(() => this.sample(), SAMPLE_MILLISECONDS);
  }

  /** Waits until cells can run; what that takes counts for none of them. */
  async start(): Promise<void> {
    await this.execute('undefined');
  }

  /** Runs one cell; what an earlier one declared is there. Never throws. */
  async run(source: string): Promise<CellOutcome> {
    const clock = performance.now() / 1000;
    this.cell = { startedAt: clock, busyAt: { processorSeconds: 0, clock } };
    const outcome = await this.execute(source);
    this.cell = null;
    return outcome;
  }

  private async execute(source: string): Promise<CellOutcome> {
    this.shown = [];
    this.error = null;
    if (this.ended === null) {
      await new Promise<void>((resolve) => {
        this.finish = resolve;
        const order: CellOrder = { source };
        (this.child.stdio[ORDER_DESCRIPTOR] as Writable).write(`${JSON.stringify(order)}\n`);
      });
    }
    return { shown: this.shown, error: this.error, ended: this.ended };
  }

  /** Ends the process, and waits until it is gone. */
  async close(): Promise<void> {
    clearInterval(this.sampler);
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('close', resolve));
    this.child.kill('SIGKILL');
    await gone;
  }

  private take(text: string): void {
    if (!this.count(text.length)) return;
    const lines = (this.pending + text).split('\n');
    this.pending = lines.pop() ?? '';
    for (const line of lines) this.report(line);
  }

  private report(line: string): void {
    const report = parsed(line);
    if (report === undefined) return;
    if ('finished' in report) {
      this.finish();
      return;
    }
    const output = report.output as Partial<NotebookOutput> | undefined;
    if (output?.output_type === 'display_data' && typeof output.data === 'object' && output.data !== null)
      this.shown.push(output.data as Record<string, unknown>);
    if (output?.output_type === 'error') this.error ??= this.told(`${output.ename}: ${output.evalue}`);
  }

  /** An error's text in one line, without this machine's folders. */
  private told(error: string): string {
    const text = error
      .replaceAll(this.box.folder, '')
      .replaceAll(projectRoot, '')
      .replace(/\s+/g, ' ')
      .trim();
    return text.length > 400 ? `${text.slice(0, 400)}…` : text;
  }

  private count(bytes: number): boolean {
    this.bytes += bytes;
    if (this.bytes > LARGEST_OUTPUT) this.stop(`wrote more than ${LARGEST_OUTPUT / 2 ** 20} MiB`);
    return this.bytes <= LARGEST_OUTPUT;
  }

  private sample(): void {
    if (this.ended !== null || this.child.pid === undefined) return;
    pidusage(this.child.pid, (error, use) => {
      if (error !== null || use === undefined || this.ended !== null) return;
      if (use.memory > this.limits.memoryMegabytes * 2 ** 20)
        this.stop(`took more than ${this.limits.memoryMegabytes} MiB of memory`);
      if (this.cell !== null) this.holdToTime(this.cell, use.ctime / 1000);
    });
  }

  private holdToTime(cell: RunningCell, processorSeconds: number): void {
    const now = performance.now() / 1000;
    cell.processorSeconds ??= processorSeconds;
    if (processorSeconds - cell.busyAt.processorSeconds > BUSY_SECONDS)
      cell.busyAt = { processorSeconds, clock: now };
    const { cellSeconds } = this.limits;
    const took = processorSeconds - cell.processorSeconds;
    // Which of the two limits comes first depends on what else the machine does; what the marks say must not.
    if (took > cellSeconds || now - cell.startedAt > CLOCK_SECONDS)
      this.stop(`took too long: ${cellSeconds} seconds of processor time, ${CLOCK_SECONDS} by the clock`);
    else if (now - cell.busyAt.clock > IDLE_SECONDS) this.stop(`waited for ${IDLE_SECONDS} seconds`);
  }

  private stop(why: string): void {
    this.end(why);
    this.child.kill('SIGKILL');
  }

  private end(why: string): void {
    this.ended ??= why;
    clearInterval(this.sampler);
    this.finish();
  }
}

/** A submission can write anything into the pipe. */
function parsed(line: string): CellReport | undefined {
  try {
    const report: unknown = JSON.parse(line);
    return typeof report === 'object' && report !== null ? (report as CellReport) : undefined;
  } catch {
    return undefined;
  }
}
