import { join } from 'node:path';

/** Where downloaded data sets lie: `KIT_DATA`, else `datasets/` in the project's own folder. */
export function dataDirectory(): string {
  return process.env.KIT_DATA ?? join(__dirname, '..', '..', 'datasets');
}
