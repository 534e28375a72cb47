import { KitError } from '../kit-error.js';
import { type Assignment, runnableParts } from './assignment.js';
import { gradeIdOf, roleOf } from './assignment-cell.js';
import { CHECK_MIME, VERDICTS_MIME, type Verdict } from './check.js';
import type { GradingBox } from './grading-box.js';
import { IsolatedNotebook, type Limits } from './isolated-notebook.js';
import { isReport } from './run-submission.js';

/** A check of the master. */
export interface KeyCheck {
  readonly name: string;
  /** The test cell's grade_id. */
  readonly question: string;
  readonly hidden: boolean;
}

/** An answer that a submission gave to a check, encoded. */
export interface Answer {
  readonly name: string;
  readonly value: unknown;
}

const KEY_LIMITS: Limits = { cellSeconds: 60, memoryMegabytes: 2048 };

/**
 * The master notebook, run in a process of its own, which then judges the answers of submissions: their values reach it, their code
 * never does.
 */
export class AnswerKey {
  private notebook: IsolatedNotebook | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  private found: readonly KeyCheck[] = [];

  private constructor(
    private readonly assignment: Assignment,
    private readonly box: GradingBox,
  ) {}

  /** @throws KitError `notebook-failed` where the master fails, or one of its own checks */
  static async make(assignment: Assignment, box: GradingBox): Promise<AnswerKey> {
    const key = new AnswerKey(assignment, box);
    await key.start();
    return key;
  }

  /** In the order of the notebook. */
  get checks(): readonly KeyCheck[] {
    return this.found;
  }

  /** Judges a submission's answers, one submission after another. Where an answer upsets its judge, all of these are wrong. */
  judge(answers: readonly Answer[]): Promise<readonly Verdict[]> {
    const judged = this.turn.then(async () => {
      if (this.notebook === null) await this.start();
      // Text of text: nothing of an answer is ever code.
      const source = `require('angular-loss-kit/dist/course').judgeAnswers(${JSON.stringify(JSON.stringify(answers))});`;
      const { shown, ended } = await this.notebook!.run(source);
      if (ended !== null) await this.close();
      const verdicts = shown.map((data) => data[VERDICTS_MIME]).find(Array.isArray) as Verdict[] | undefined;
      return verdicts ?? answers.map(({ name }) => ({ name, verdict: 'could not be judged' }));
    });
    this.turn = judged.catch(() => {});
    return judged;
  }

  async close(): Promise<void> {
    await this.notebook?.close();
    this.notebook = null;
  }

  private async start(): Promise<void> {
    const notebook = new IsolatedNotebook(this.box, KEY_LIMITS);
    this.notebook = notebook;
    const checks: KeyCheck[] = [];
    const failed = (id: string, what: string): never => {
      throw new KitError('notebook-failed', `The master ${this.assignment.name}, cell ${id}: ${what}`);
    };
    try {
      for (const cell of this.assignment.cells.filter(({ cell_type }) => cell_type === 'code')) {
        const question = gradeIdOf(cell) ?? '(unnamed)';
        const before = checks.length;
        for (const { source, hidden } of runnableParts(cell)) {
          const { shown, error, ended } = await notebook.run(source);
          if ((error ?? ended) !== null) failed(question, (error ?? ended)!);
          for (const { name, verdict, error: thrown } of shown
            .map((data) => data[CHECK_MIME])
            .filter(isReport)) {
            if (verdict !== true) failed(question, `its own check "${name}" fails: ${thrown ?? verdict}`);
            if (checks.some((check) => check.name === name))
              failed(question, `two checks are called "${name}".`);
            checks.push({ name, question, hidden });
          }
        }
        if (roleOf(cell) === 'test' && checks.length === before) failed(question, 'it holds no check.');
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    this.found = checks;
  }
}
