import { existsSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { listImageFolder } from '../datasets/image-folder.js';
import { recogniseDataset } from '../datasets/recognise-dataset.js';
import {
  type BackboneModels,
  experimentOnPictures,
  googlenetModels,
  onnxModels,
} from '../experiments/own-pictures.js';
import { openOnnxBackbone } from '../features/onnx-backbone.js';
import { describePreprocessing } from '../features/preprocessing.js';
import { KitError } from '../kit-error.js';
import { alikeNamesNote } from '../types/alike-names.js';
import { type BackboneChoice, isOnnxFile, refuseOnnxOptions } from './backbone-choice.js';
import { flattenedNote } from './flattened-features.js';

export interface OwnPicturesPlan {
  /** Of an experiment file. */
  readonly content: ReturnType<typeof experimentOnPictures>;
  /** What there is and what will be done with it, in lines. */
  readonly description: string;
}

/** Whether `kit reproduce` is given pictures rather than an experiment. */
export function isFolder(target: string): boolean {
  return existsSync(target) && statSync(target).isDirectory();
}

/** The experiment on a user's folder of pictures. @throws KitError where the folder can't serve, with what to do */
export async function planOwnPictures(directory: string, backbone: BackboneChoice): Promise<OwnPicturesPlan> {
  const found = recogniseDataset(directory);
  if (found?.kind === 'published') {
    throw new KitError(
      'invalid-argument',
      `${directory} is ${found.name}, whose published split its own experiments take: kit reproduce cars or cub-crops. For classes of your own choice name the folder that holds a folder a class.`,
    );
  }
  const { classNames, items } = listImageFolder(directory);
  const classSizes = classNames.map(() => 0);
  for (const { label } of items) classSizes[label]++;
  const chosen = await backboneOf(backbone);
  const content = experimentOnPictures({ directory, classSizes, backbone: chosen?.models });
  return { content, description: describe(classSizes, content, chosen, alikeNamesNote(classNames)) };
}

interface Backbone {
  readonly models: BackboneModels;
  readonly description: string;
  readonly note?: string;
}

async function backboneOf({ backbone, layer, ...choice }: BackboneChoice): Promise<Backbone | undefined> {
  if (backbone === undefined || !isOnnxFile(backbone)) refuseOnnxOptions(backbone, { layer, ...choice });
  if (backbone === undefined) return undefined;
  if (backbone === 'googlenet') return { models: googlenetModels, description: 'googlenet' };
  if (!isOnnxFile(backbone)) {
    throw new KitError(
      'invalid-argument',
      `--backbone is "${backbone}"; it can be googlenet, or the path of an .onnx file.`,
    );
  }
  const { input, inputValue } = choice;
  const onnx = await openOnnxBackbone(backbone, layer, { ...choice, inputValues: inputValue });
  const { preprocessing, shape, checksum } = onnx;
  const models = onnxModels(basename(backbone).replace(/\.onnx$/i, ''), {
    file: backbone,
    sha256: checksum,
    layer: onnx.layer,
    preprocessing,
    ...(input === undefined ? {} : { input }),
    ...(inputValue === undefined ? {} : { inputValues: inputValue }),
  });
  const numbers = shape.reduce((product, size) => product * size, 1);
  return {
    models,
    description: `${basename(backbone)} (${numbers} numbers, output "${onnx.layer}"), for which pictures are ${describePreprocessing(preprocessing)}`,
    note: flattenedNote(onnx.layer, shape),
  };
}

function describe(
  classSizes: readonly number[],
  { base, methods }: OwnPicturesPlan['content'],
  backbone: Backbone | undefined,
  alike: string | undefined,
): string {
  const sizes = [...classSizes].sort((a, b) => a - b);
  const pictures = sizes.reduce((sum, size) => sum + size, 0);
  const classes = sizes.length;
  const { split, dataset } = base;
  const test = Math.round(split.test * classes);
  const validation = 'train' in split ? Math.round(split.validation * classes) : 0;
  const train = 'train' in split ? Math.round((split.train ?? 0) * classes) : classes - test;
  const roles =
    validation > 0
      ? `${train} classes to train on, ${validation} to choose the step on, ${test} unseen ones to test on`
      : `${train} classes to train on, of whose pictures ${Math.round(100 * split.validation)}% choose the step (too few classes to spare some for that), ${test} unseen ones to test on`;
  const how =
    backbone === undefined
      ? `A small network is trained from scratch on ${dataset.size}×${dataset.size} pixels; with a pretrained network at hand, --backbone googlenet or --backbone net.onnx trains a head on its features instead, which is faster and scores higher on photographs.`
      : `A head is trained on the features of ${backbone.description}.`;
  const caution =
    test < 10
      ? `\nWith ${test} test classes scores are coarse: differences of a few points mean little.`
      : '';
  const notes = [alike, backbone?.note].map((note) => (note === undefined ? '' : `Note: ${note}.\n`));
  return `${base.dataset.directory}: ${classes} classes, ${pictures} pictures (${sizes[0]} to ${sizes[classes - 1]} a class, the middle one ${sizes[Math.floor(classes / 2)]}).
${roles} (drawn with seed ${split.seed}).
${how}
Methods: ${methods.map(({ method }) => method).join(', ')}.${caution}
${notes.join('')}`;
}
