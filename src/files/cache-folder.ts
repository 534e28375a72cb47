import { join } from 'node:path';

/** Where what can be made again is kept: `KIT_CACHE`, else `.cache` in the project's own folder. */
export function cacheFolder(): string {
  return process.env.KIT_CACHE ?? join(__dirname, '..', '..', '.cache');
}
