import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { dataDirectory } from '../datasets/data-directory.js';

/** Where a network's weights lie: in the folder of its name in the data directory. */
export function pretrainedWeightsPath(network: string): string {
  return weightsPathIn(join(dataDirectory(), network));
}

/** A folder's `.caffemodel`, else its folder `weights`, whether or not it is there. */
export function weightsPathIn(folder: string): string {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return join(folder, files.find((file) => file.endsWith('.caffemodel')) ?? 'weights');
}
