import { CHECK_MIME, type CheckReport } from './check.js';
import type { GradingBox } from './grading-box.js';
import { IsolatedNotebook, type Limits } from './isolated-notebook.js';
import type { SubmissionPart } from './restore-submission.js';

/** What came back from a submission's process. */
export interface SubmissionRun {
  /** By the check's name. */
  readonly reports: ReadonlyMap<string, CheckReport>;
  /** The first error of each cell that had one, by label. */
  readonly errors: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/** So many cells may end the process; then what comes after stays unrun. */
const MOST_RESTARTS = 3;
const LARGEST_ANSWER = 2 ** 20;

/**
 * Runs a submission's parts in order. A cell that throws stops nothing. One that ends the process, or is ended at a limit, is left out
 * and the rest runs again without it: what it loses is its own.
 */
export async function runSubmission(
  parts: readonly SubmissionPart[],
  box: GradingBox,
  limits: Limits,
): Promise<SubmissionRun> {
  const notes: string[] = [];
  const leftOut = new Set<SubmissionPart>();
  const kept = new Map<string, CheckReport>();
  for (;;) {
    const notebook = new IsolatedNotebook(box, limits);
    try {
      const run = await runParts(
        parts.filter((part) => !leftOut.has(part)),
        notebook,
      );
      if (run.ended !== null) {
        const { part, why } = run.ended;
        notes.push(`${part.label}: ${why}`);
        for (const report of run.reportsOfEnded) kept.set(report.name, report);
        leftOut.add(part);
        if (leftOut.size <= MOST_RESTARTS) continue;
        notes.push(`what comes after ${part.label} was not run: ${leftOut.size} cells ended the process`);
      }
      return { reports: new Map([...kept, ...run.reports]), errors: run.errors, notes };
    } finally {
      await notebook.close();
    }
  }
}

async function runParts(parts: readonly SubmissionPart[], notebook: IsolatedNotebook) {
  const reports = new Map<string, CheckReport>();
  const errors = new Map<string, string>();
  await notebook.start();
  for (const part of parts) {
    const { shown, error, ended } = await notebook.run(part.source);
    const shownReports = shown.map((data) => data[CHECK_MIME]).filter(isReport);
    if (ended !== null) return { reports, errors, ended: { part, why: ended }, reportsOfEnded: shownReports };
    for (const report of shownReports) reports.set(report.name, report);
    if (error !== null && !errors.has(part.label)) errors.set(part.label, error);
  }
  return { reports, errors, ended: null, reportsOfEnded: [] };
}

/** A submission can show anything under this type. */
export function isReport(shown: unknown): shown is CheckReport {
  if (typeof shown !== 'object' || shown === null) return false;
  const { name, error } = shown as Record<string, unknown>;
  return (
    typeof name === 'string' &&
    (error === undefined || typeof error === 'string') &&
    JSON.stringify(shown).length < LARGEST_ANSWER
  );
}
