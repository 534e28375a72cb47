import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { getDataset, stateOf } from '../datasets/acquisition/get-dataset.js';
import { datasetSources, sourceNamed } from '../datasets/acquisition/sources.js';
import { dataDirectory } from '../datasets/data-directory.js';
import { counted } from '../datasets/listed-image-set.js';
import { recogniseDataset } from '../datasets/recognise-dataset.js';
import { verifyDataset } from '../datasets/verify-dataset.js';
import { weightsPathIn } from '../features/pretrained-weights.js';
import { KitError } from '../kit-error.js';
import { networks } from '../models/networks.js';
import { readWeights } from '../models/read-weights.js';
import { amountProgress } from './progress.js';

/** `kit data list`: what there is to get, under which terms, and what is here. */
export function dataListCommand(): void {
  const directory = dataDirectory();
  print(`Data directory: ${directory}`);
  for (const source of datasetSources) {
    print(`\n${source.name}: ${source.title}, ${source.contents}`);
    print(`  here: ${hereOf(join(directory, source.folder), source.name)}`);
    print(`  terms: ${source.terms}`);
    print(`  home page: ${source.homepage}`);
    for (const { file, address, addressStatus, bytes, sha256, sumStatus } of source.packagings[0].archives) {
      print(
        `  ${file}: ${bytes === null ? 'size not known' : megabytes(bytes)}, ${address} (${addressStatus})`,
      );
      print(`    SHA-256 ${sha256 ?? ''} ${sumStatus}`.replace(/ {2}/g, ' '));
    }
  }
  print('\nemoji: come with the kit. Your own pictures: a folder a class, see datasets/README.md.');
}

function hereOf(folder: string, name: string): string {
  try {
    return stateOf(folder, sourceNamed(name)) ?? 'no';
  } catch (error) {
    if (error instanceof KitError) return error.message;
    throw error;
  }
}

/** `kit data verify [target]`: a data set's name, a folder, or all that lies in the data directory. */
export async function dataVerifyCommand(target: string | undefined): Promise<void> {
  let sound = true;
  for (const folder of foldersToVerify(target)) {
    if (holdsWeights(folder)) {
      sound = verifyWeights(folder) && sound;
      continue;
    }
    const bar = amountProgress();
    const report = await verifyDataset(folder, {
      onProgress: (done, total) => bar.show(done, total, 'pictures'),
    });
    bar.stop();
    print(`${report.title} in ${report.directory}: ${report.state}`);
    for (const finding of report.findings) print(`  ${finding}`);
    sound &&= report.state !== 'damaged';
  }
  if (!sound) process.exitCode = 1;
}

function holdsWeights(folder: string): boolean {
  return Object.hasOwn(networks, basename(folder)) && existsSync(weightsPathIn(folder));
}

/** Says whether a network's weights are whole, for a folder that has the network's name. */
function verifyWeights(folder: string): boolean {
  const network = networks[basename(folder)];
  const path = weightsPathIn(folder);
  try {
    const { layers, checksum } = readWeights(network, path);
    const values = [...layers.values()].reduce(
      (sum, { filter, bias }) => sum + filter.length + bias.length,
      0,
    );
    print(`weights of ${network.name} in ${path}: whole`);
    print(`  ${counted(values)} values of ${layers.size} layers, SHA-256 over them ${checksum}`);
    return true;
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    print(`weights of ${network.name} in ${path}: damaged`);
    print(`  ${error.message}`);
    return false;
  }
}

function foldersToVerify(target: string | undefined): string[] {
  const directory = dataDirectory();
  if (target !== undefined) {
    const source = datasetSources.find(({ name }) => name === target);
    if (source !== undefined) return [join(directory, source.folder)];
    const here = join(directory, target);
    return [existsSync(target) || !existsSync(here) ? target : here];
  }
  const folders = existsSync(directory)
    ? readdirSync(directory)
        .map((entry) => join(directory, entry))
        .filter((folder) => recogniseDataset(folder) !== undefined || holdsWeights(folder))
    : [];
  if (folders.length > 0) return folders;
  throw new KitError(
    'dataset-missing',
    `No data set lies in ${directory}. Get one with kit data get, point KIT_DATA at the folder that holds them, or name a folder.`,
  );
}

/** `kit data get <name>`. */
export async function dataGetCommand(
  name: string,
  options: { acceptLicense?: boolean; from?: string; allowPartial?: boolean },
): Promise<void> {
  const source = sourceNamed(name);
  const bar = amountProgress();
  const got = await getDataset(source, {
    acceptLicense: options.acceptLicense ?? false,
    from: options.from,
    allowPartial: options.allowPartial,
    onStep: (line) => {
      bar.stop();
      print(line);
    },
    onProgress: (file, received, total) => bar.show(received, total, file),
  }).finally(() => bar.stop());
  print(`${source.title} ${got.changed ? 'is now' : 'was already'} in ${got.folder}: ${got.state}.`);
  if (got.state !== 'whole' && !got.changed)
    print('To complete it, move that folder away and run the command again.');
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${counted(bytes)} bytes` : `${counted(Math.round(bytes / 1e6))} MB`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
