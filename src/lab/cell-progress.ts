import { setImmediate } from 'node:timers/promises';
import { KitError } from '../kit-error.js';

/** What can be updated in its place under a cell. */
interface Line {
  text(value: string): void;
}

// Outside of a notebook there is no place to update; then nothing is shown.
function lineUnderCell(): Line {
  const { lastWriteDisplayData } = require('tslab/dist/jupyter.js') as { lastWriteDisplayData: unknown };
  if (lastWriteDisplayData === null) return { text: () => {} };
  return (require('tslab') as { newDisplay(): Line }).newDisplay();
}

/**
 * Works on one item after another, with a line under the cell that says how far it is, and stops when the cell is interrupted.
 * tslab lets go of an interrupted cell and leaves its asynchronous work running; here `signal` is aborted, too, for work that takes
 * long for one item.
 *
 * @returns the results, in order
 * @throws KitError `cancelled` when the cell was interrupted; whatever `work` throws
 */
export async function withProgress<Item, Result>(
  label: string,
  items: readonly Item[],
  work: (item: Item, options: { readonly signal: AbortSignal }) => Result | Promise<Result>,
): Promise<Result[]> {
  const controller = new AbortController();
  const stop = () => controller.abort();
  const line = lineUnderCell();
  const start = performance.now();
  const elapsed = () => `${Math.round((performance.now() - start) / 1000)} s`;
  const say = (what: string) => line.text(`${label}: ${what}`);
  const results: Result[] = [];
  // tslab runs the synchronous part of a cell with handlers of its own, and puts back what was there before it.
  await setImmediate();
  process.on('SIGINT', stop);
  try {
    for (const item of items) {
      say(`${results.length} of ${items.length}, ${elapsed()}`);
      results.push(await work(item, { signal: controller.signal }));
      await throwIfInterrupted(controller.signal);
    }
  } catch (error) {
    const how = controller.signal.aborted ? 'interrupted' : 'stopped';
    say(`${how} after ${results.length} of ${items.length}, ${elapsed()}`);
    throw error;
  } finally {
    process.off('SIGINT', stop);
  }
  // Without the time: what is stored of a finished cell is the same every time.
  say(`${items.length} of ${items.length}`);
  return results;
}

/** For loops that hold the process: lets an interrupt arrive, which happens between turns of the event loop. */
export async function throwIfInterrupted(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  if (signal?.aborted) throw new KitError('cancelled', 'The cell was interrupted.');
}
