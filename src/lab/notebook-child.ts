import '../backends/onnxruntime/no-telemetry.js';
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { format } from 'node:util';
import type { NotebookOutput } from './notebook-file.js';
import { type CellOrder, type CellReport, REPORT_DESCRIPTOR } from './notebook-messages.js';
import { findPackagesOfTheKit } from './packages-of-the-kit.js';
import { watchNoFolders } from './unwatched-folders.js';

interface TslabExecutor {
  execute(source: string): Promise<boolean>;
}

interface DisplayMessage {
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: object;
  readonly transient: { readonly display_id?: string };
}

/** Written before anything else happens: what a cell said is kept even if it then hangs or ends the process. */
function send(report: CellReport): void {
  const line = Buffer.from(`${JSON.stringify(report)}\n`);
  for (let written = 0; written < line.length; )
    written += writeSync(REPORT_DESCRIPTOR, line, written, line.length - written);
}

for (const name of ['stdout', 'stderr'] as const) {
  process[name].write = ((chunk: string | Uint8Array, encodingOrDone?: unknown, done?: () => void) => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    send({ output: { output_type: 'stream', name, text } });
    const callback = typeof encodingOrDone === 'function' ? (encodingOrDone as () => void) : done;
    callback?.();
    return true;
  }) as typeof process.stdout.write;
}

const failures: unknown[][] = [];
const executor = startExecutor();

function startExecutor(): TslabExecutor {
  // The compiler that tslab brings, and shares with everything in this process.
  const { sys } = createRequire(require.resolve('tslab/dist/converter.js'))(
    '@tslab/typescript-for-tslab',
  ) as {
    sys: Parameters<typeof findPackagesOfTheKit>[0] & Parameters<typeof watchNoFolders>[0];
  };
  watchNoFolders(sys);
  findPackagesOfTheKit(sys);
  const { createConverter } = require('tslab/dist/converter.js') as {
    createConverter(options: object): { close(): void };
  };
  const { createExecutor } = require('tslab/dist/executor.js') as {
    createExecutor(folder: string, converters: object, console: object): TslabExecutor;
  };
  const jupyter = require('tslab/dist/jupyter.js') as { lastWriteDisplayData: unknown };
  jupyter.lastWriteDisplayData = ({ data, metadata, transient }: DisplayMessage, update?: boolean) =>
    send({
      output: { output_type: 'display_data', data, metadata },
      displayId: transient.display_id,
      update: update === true,
    });
  const node = createConverter({ isJS: false, isBrowser: false });
  const browser = { close: () => {} };
  return createExecutor(
    process.cwd(),
    { node, browser, close: () => node.close() },
    {
      log: (...values: unknown[]) => console.log(...values),
      error: (...values: unknown[]) => failures.push(values),
    },
  );
}

async function runCell(source: string): Promise<void> {
  failures.length = 0;
  const succeeded = await executor.execute(source);
  if (!succeeded) send({ output: errorOutput(failures) });
  send({ finished: true });
}

function errorOutput(reported: readonly unknown[][]): NotebookOutput {
  const thrown = reported.flat().find((value) => value instanceof Error) as Error | undefined;
  const text = reported.map((values) => format(...values)).join('\n');
  return {
    output_type: 'error',
    ename: thrown?.name ?? 'CompileError',
    evalue: thrown?.message ?? text,
    // As `inspect` has it: an error of the kit is its message alone.
    traceback: text.split('\n'),
  };
}

process.on('message', ({ source }: CellOrder) => void runCell(source));
process.on('disconnect', () => process.exit());
process.on('uncaughtException', (error) => {
  send({ output: errorOutput([[error]]) });
  send({ finished: true });
});
