import type { Notebook } from '../lab/notebook-file.js';
import { sourceOf } from '../lab/notebook-file.js';
import type { Assignment } from './assignment.js';
import { type AssignmentCell, cellChecksum, roleOf } from './assignment-cell.js';
import { CODE_STUB, TEXT_STUB, withoutHiddenTests, withoutSolution } from './regions.js';

/** What marks a released notebook in its metadata. */
export const RELEASED_MARK = /"released_by": "angular-loss-kit"/;

/**
 * The student's notebook: solutions replaced by stubs, hidden tests gone, outputs gone, every graded cell with nbgrader's checksum and
 * closed to Jupyter's editor where it is not the student's to change. nbgrader's own release of the same master has the same cells.
 */
export function releasedNotebook(assignment: Assignment): Notebook {
  const { kernelspec, language_info } = assignment.notebook.metadata as Record<string, unknown>;
  return {
    cells: assignment.cells.map(releasedCell),
    metadata: {
      kernelspec,
      language_info,
      kit: { assignment: assignment.name, released_by: 'angular-loss-kit' },
    } as Notebook['metadata'],
    nbformat: 4,
    nbformat_minor: 5,
  } as Notebook;
}

/** A cell as students get it. */
export function releasedCell(cell: AssignmentCell): AssignmentCell {
  const role = roleOf(cell);
  const source = releasedSource(cell);
  const emptied = cell.cell_type === 'code' ? { outputs: [], execution_count: null } : {};
  if (role === 'plain') return { ...cell, ...emptied };
  const metadata = {
    ...cell.metadata,
    deletable: false,
    ...(role !== 'solution' && role !== 'written' && { editable: false }),
  };
  const released = { ...cell, source: linesOf(source), metadata, ...emptied };
  const nbgrader = { ...metadata.nbgrader!, cell_type: cell.cell_type, checksum: cellChecksum(released) };
  return { ...released, metadata: { ...metadata, nbgrader } };
}

function releasedSource(cell: AssignmentCell): string {
  const source = sourceOf(cell);
  switch (roleOf(cell)) {
    case 'solution':
    case 'written':
      return withoutSolution(source, cell.cell_type === 'code' ? CODE_STUB : TEXT_STUB);
    case 'test':
      return withoutHiddenTests(source);
    default:
      return source;
  }
}

/** As notebooks keep a source: a list of lines, each but the last with its end. */
function linesOf(source: string): string[] {
  const lines = source.split('\n');
  return lines.map((line, i) => (i < lines.length - 1 ? `${line}\n` : line)).filter((line) => line !== '');
}
