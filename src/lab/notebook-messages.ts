import type { NotebookOutput } from './notebook-file.js';

/** What the runner sends to the child. */
export interface CellOrder {
  readonly source: string;
}

/** What comes back, a line of JSON each. */
export type CellReport =
  | { readonly output: NotebookOutput; readonly displayId?: string; readonly update?: boolean }
  | { readonly finished: true };

/** The descriptor that reports are written to, past process.stdout and its queue. */
export const REPORT_DESCRIPTOR = 4;
