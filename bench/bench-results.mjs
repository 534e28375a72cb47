// What the benchmarks share: the machine, the median, and the files that results go into.
import { cpus, loadavg, totalmem } from 'node:os';
import { commitOf, projectRoot } from '../dist/experiments/environment.js';
import { writeFileWhole } from '../dist/files/write-file-whole.js';

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];

/** What a record says of where it was made. */
export function provenance() {
  return { measuredAt: new Date().toISOString(), commit: commitOf(projectRoot), machine: machine() };
}

function machine() {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    loadAverageAtEnd: loadavg()[1],
  };
}

/** Writes the record as JSON and the rows as a Markdown table beside it. */
export function writeResults(path, record, header, rows, notes = []) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const { cpu, cores, memoryGiB, loadAverageAtEnd } = record.machine;
  const about = `${cpu}, ${cores} cores, ${memoryGiB} GiB; load average at the end ${loadAverageAtEnd.toFixed(1)}; commit ${record.commit.slice(0, 10)}.`;
  const table = [header, header.map(() => '---'), ...rows].map(line).join('\n');
  const text = `${[table, ...notes, about].join('\n\n')}\n`;
  writeFileWhole(path, `${JSON.stringify(record, null, 1)}\n`);
  writeFileWhole(path.replace(/\.json$/, '.md'), text);
  process.stdout.write(`\n${text}\n${path}\n`);
}
