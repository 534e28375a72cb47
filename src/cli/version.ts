import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../experiments/environment.js';

export const kitVersion = (
  JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }
).version;
