import { join } from 'node:path';
import { projectRoot } from '../experiments/environment.js';
import { KitError } from '../kit-error.js';
import { buildSite } from './build-site.js';

const output = join(projectRoot, 'site');
buildSite({ output, onPart: (part) => process.stdout.write(`${part}\n`) }).then(
  () => process.stdout.write(`The site is in ${output}: open ${join(output, 'index.html')}\n`),
  (error: unknown) => {
    if (!(error instanceof KitError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  },
);
