import type { NotebookOutput } from './notebook-runner.js';

/** What the runner sends to the child. */
export interface CellOrder {
  readonly source: string;
}

export type CellReport = { readonly output: NotebookOutput } | { readonly finished: true };

interface TslabExecutor {
  execute(source: string): Promise<boolean>;
}

const send = (report: CellReport) => process.send?.(report);

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
  const { createConverter } = require('tslab/dist/converter.js') as {
    createConverter(options: object): { close(): void };
  };
  const { createExecutor } = require('tslab/dist/executor.js') as {
    createExecutor(folder: string, converters: object, console: object): TslabExecutor;
  };
  const jupyter = require('tslab/dist/jupyter.js') as { lastWriteDisplayData: unknown };
  jupyter.lastWriteDisplayData = ({ data, metadata }: { data: object; metadata: object }) =>
    send({ output: { output_type: 'display_data', data, metadata } });
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
  const { format } = require('node:util') as typeof import('node:util');
  const lines = reported.map((values) => format(...values));
  return {
    output_type: 'error',
    ename: thrown?.name ?? 'CompileError',
    evalue: thrown?.message ?? lines.join('\n'),
    traceback: (thrown?.stack ?? lines.join('\n')).split('\n'),
  };
}

process.on('message', ({ source }: CellOrder) => void runCell(source));
process.on('uncaughtException', (error) => {
  send({ output: errorOutput([[error]]) });
  send({ finished: true });
});
