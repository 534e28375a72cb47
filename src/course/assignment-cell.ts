import { createHash } from 'node:crypto';
import { type NotebookCell, sourceOf } from '../lab/notebook-file.js';

/** What nbgrader keeps of a cell, schema 3. */
export interface NbgraderMetadata {
  readonly grade: boolean;
  readonly solution: boolean;
  readonly locked: boolean;
  readonly task: boolean;
  readonly grade_id: string;
  readonly points?: number;
  readonly checksum?: string;
  readonly cell_type?: string;
  readonly schema_version: 3;
}

export interface AssignmentCell extends NotebookCell {
  readonly id?: string;
  readonly metadata?: { readonly nbgrader?: NbgraderMetadata; readonly [key: string]: unknown };
}

/** What a cell is to the assignment. */
export type CellRole =
  /** Text and whatever else is there. */
  | 'plain'
  /** Given code or text, the same for everybody. */
  | 'given'
  /** Where a student writes code. */
  | 'solution'
  /** Checks that give points. */
  | 'test'
  /** A written answer that a person marks. */
  | 'written';

/** By nbgrader's flags. */
export function roleOf(cell: AssignmentCell): CellRole {
  const nbgrader = cell.metadata?.nbgrader;
  if (nbgrader === undefined) return 'plain';
  if (nbgrader.grade) return nbgrader.solution || nbgrader.task ? 'written' : 'test';
  if (nbgrader.solution) return 'solution';
  return nbgrader.locked ? 'given' : 'plain';
}

/** Cells that a student may not change. */
export function isLocked(cell: AssignmentCell): boolean {
  return ['given', 'test'].includes(roleOf(cell));
}

/** The name by which a cell is known in master and submission; also without nbgrader's metadata, by the notebook's own ids. */
export function gradeIdOf(cell: AssignmentCell): string | undefined {
  return cell.metadata?.nbgrader?.grade_id ?? cell.id;
}

/** nbgrader's checksum of a cell: MD5 of source, type, flags, id and points. */
export function cellChecksum(cell: AssignmentCell): string {
  const { grade, solution, locked, grade_id, points = 0 } = cell.metadata!.nbgrader!;
  const python = (flag: boolean) => (flag ? 'True' : 'False');
  const hash = createHash('md5').update(sourceOf(cell)).update(cell.cell_type);
  hash.update(python(grade)).update(python(solution)).update(python(locked)).update(grade_id);
  // As Python prints a float.
  if (grade) hash.update(Number.isInteger(points) ? `${points}.0` : String(points));
  return hash.digest('hex');
}
