import { decodePlainValue, encodePlainValue, type PlainValue, shownValue } from './plain-value.js';

/** How a check shows itself to whoever runs the notebook, beside the line of text. */
export const CHECK_MIME = 'application/vnd.angular-loss-kit.check+json';

/** How the judge of a master's notebook answers. */
export const VERDICTS_MIME = 'application/vnd.angular-loss-kit.verdicts+json';

/** What a check found: the encoded answer, or why there is none. */
export interface CheckReport {
  readonly name: string;
  readonly value?: unknown;
  readonly error?: string;
  /** True, or what is wrong; absent where the check doesn't know what was expected. */
  readonly verdict?: true | string;
}

export interface Verdict {
  readonly name: string;
  readonly verdict: true | string;
}

type Judge = (value: PlainValue) => true | string;

/** By name, from the checks that this process has run. */
const judges = new Map<string, Judge>();

/** A number, or lists of numbers in lists. */
type Numbers = number | readonly Numbers[];

/**
 * The checks of an assignment. Each takes a name, unique in its notebook, and the answer as a function, so that an answer that throws
 * is a failed check and nothing worse. What is expected is written inside the call: when a submission is graded, everything after the
 * answer stays outside of its process (`answers-only.ts`), where only the answer's value is taken.
 *
 * In a notebook a failed check throws; `kit course` has them all report.
 */
export const check = {
  /** Numbers, or lists of numbers, within `tolerance` (default 1e-9) times the larger of 1 and what is expected. */
  near(name: string, answer: () => unknown, expected?: Numbers, tolerance = 1e-9): void {
    run(name, answer, expected === undefined ? undefined : (value) => judgeNear(value, expected, tolerance));
  },

  /** The same value: numbers to the bit, lists in order, objects by their keys. */
  equal(name: string, answer: () => unknown, expected?: PlainValue): void {
    const wanted = JSON.stringify(sorted(encodePlainValue(expected)));
    run(
      name,
      answer,
      expected === undefined
        ? undefined
        : (value) =>
            JSON.stringify(sorted(encodePlainValue(value))) === wanted ||
            `got ${shownValue(value)}, expected ${shownValue(expected)}`,
    );
  },

  /** Any value for which `holds` is true; text says what is wrong. For questions that have many right answers. */
  that<T>(name: string, answer: () => T, holds?: (value: T) => boolean | string): void {
    run(name, answer, holds && ((value) => said(holds(value as T), value)));
  },
};

function said(held: boolean | string, value: PlainValue): true | string {
  if (held === true) return true;
  return held === false ? `${shownValue(value)} is not an answer` : held;
}

function run(name: string, answer: () => unknown, judge: Judge | undefined): void {
  if (judge !== undefined) judges.set(name, judge);
  const report = reportOf(name, answer, judge);
  const { verdict = report.error, error } = report;
  const failed = typeof verdict === 'string';
  const line = `${failed ? '✗' : '✓'} ${name}${failed ? `: ${error ?? verdict}` : ''}`;
  const display = (require('tslab/dist/jupyter.js') as { lastWriteDisplayData: Display | null })
    .lastWriteDisplayData;
  display?.({ data: { 'text/plain': line, [CHECK_MIME]: report }, metadata: {}, transient: {} });
  if (failed && process.env.KIT_COURSE === undefined) throw new Error(line);
}

type Display = (message: { data: object; metadata: object; transient: object }) => void;

function reportOf(name: string, answer: () => unknown, judge: Judge | undefined): CheckReport {
  try {
    const value = encodePlainValue(answer());
    return judge === undefined ? { name, value } : { name, value, verdict: judged(judge, value) };
  } catch (error) {
    return { name, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Whatever the answer is, judging it ends in a verdict. */
function judged(judge: Judge, encoded: unknown): true | string {
  try {
    return judge(decodePlainValue(encoded));
  } catch {
    return `${shownValue(decodePlainValue(encoded))} is not an answer of the kind that was asked for`;
  }
}

/**
 * Judges answers from elsewhere by the checks that this process has run: how a submission's answers are judged beside the master
 * notebook, in a process that has seen nothing of the submission but these values.
 *
 * @param answers JSON of `[{ name, value }, …]`, values encoded
 */
export function judgeAnswers(answers: string): void {
  const verdicts = (JSON.parse(answers) as { name: string; value: unknown }[]).map(({ name, value }) => {
    const judge = judges.get(name);
    return { name, verdict: judge === undefined ? 'no such check' : judged(judge, value) } satisfies Verdict;
  });
  const { lastWriteDisplayData } = require('tslab/dist/jupyter.js') as { lastWriteDisplayData: Display };
  lastWriteDisplayData({ data: { [VERDICTS_MIME]: verdicts }, metadata: {}, transient: {} });
}

function judgeNear(value: PlainValue, expected: Numbers, tolerance: number): true | string {
  if (isNear(value, expected, tolerance)) return true;
  return `got ${shownValue(value)}, expected ${shownValue(expected)}`;
}

function isNear(value: PlainValue, expected: Numbers, tolerance: number): boolean {
  if (typeof expected !== 'number')
    return (
      Array.isArray(value) &&
      value.length === expected.length &&
      expected.every((one, i) => isNear(value[i], one, tolerance))
    );
  // Where an infinity is expected, or what is no number.
  if (typeof value !== 'number') return false;
  if (!Number.isFinite(expected)) return Object.is(value, expected);
  return Math.abs(value - expected) <= tolerance * Math.max(1, Math.abs(expected));
}

/** The same value with the keys of its objects in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, sorted(one)]),
  );
}
