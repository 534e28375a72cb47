import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { projectRoot } from '../experiments/environment.js';
import { KitError } from '../kit-error.js';

const BENCHMARKS = ['losses', 'training', 'features', 'evaluation'];

/** `kit bench`: runs the programs of bench/, which time the kit beside its peers. */
export function benchCommand(benchmark: string | undefined, options: readonly string[]): void {
  if (benchmark !== undefined && !BENCHMARKS.includes(benchmark)) {
    throw new KitError(
      'invalid-argument',
      `There is no benchmark "${benchmark}"; there are ${BENCHMARKS.join(', ')}.`,
    );
  }
  for (const name of benchmark === undefined ? BENCHMARKS : [benchmark]) {
    const program = join(projectRoot, 'bench', `${name}-bench.mjs`);
    const { status } = spawnSync(process.execPath, [program, ...options], { stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}
