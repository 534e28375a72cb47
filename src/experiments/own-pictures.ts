import { join } from 'node:path';
import { KitError } from '../kit-error.js';
import { projectRoot } from './environment.js';
import { readExtended } from './experiment-file.js';
import type { OnnxModelFile } from './onnx-model-file.js';

export interface OwnPictures {
  /** As the user named it; relative to the folder that the command runs in. */
  readonly directory: string;
  /** Pictures of each class. */
  readonly classSizes: readonly number[];
  /** What the methods train a head on; without one, a small network is trained from scratch. */
  readonly backbone?: BackboneModels;
}

/** Models of a spec that stand on pretrained features: as they are, and with a head. */
export interface BackboneModels {
  /** In small letters, digits and hyphens: results of one backbone stand apart from those of another. */
  readonly name: string;
  readonly features: Readonly<Record<string, unknown>>;
  readonly head: Readonly<Record<string, unknown>>;
}

export const googlenetModels: BackboneModels = {
  name: 'googlenet',
  features: { name: 'googlenet-features', view: 'whole' },
  head: { name: 'googlenet', trains: 'head', view: 'whole', randomViews: 0 },
};

/** Of a network of the user's own. */
export function onnxModels(name: string, model: OnnxModelFile): BackboneModels {
  return {
    name: slugOf(name, 'network'),
    features: { name: 'onnx-features', ...model, view: 'centre' },
    head: { name: 'onnx', ...model, view: 'centre', randomViews: 0 },
  };
}

interface Method {
  readonly method: string;
  readonly spec: Record<string, unknown> & { readonly batch?: { readonly name: string } };
}

interface HeadSettings {
  readonly embeddingDimension: number;
  readonly radius: number | null;
  readonly dropout: number;
}

/** With fewer classes, classes of validation's own would leave too few to train on. */
const FEWEST_FOR_VALIDATION_CLASSES = 10;
const FEWEST_CLASSES = 4;
/** Side in pixels: photographs want 64; of very many, 64 would take gigabytes in every process. */
const SIDE = { usual: 64, ofMany: 32, many: 20_000 };
const BATCH_ROWS = 64;

/**
 * The experiment that compares the losses on a folder of pictures, as the content of an experiment file. The methods
 * and their rates are those that were chosen on emoji, or with a backbone on Cars; split, batches, steps and Ks go by what is there.
 *
 * @throws KitError `invalid-dataset` for fewer than four classes
 */
export function experimentOnPictures({ directory, classSizes, backbone }: OwnPictures) {
  const classes = classSizes.length;
  if (classes < FEWEST_CLASSES) {
    throw new KitError(
      'invalid-dataset',
      `${directory} has ${classes} classes; a comparison on unseen classes needs ${FEWEST_CLASSES} or more, two to train on and two to test on. kit embed and kit evaluate take fewer.`,
    );
  }
  const pictureName = slugOf(
    directory
      .replace(/[/\\]+$/, '')
      .split(/[/\\]/)
      .at(-1) ?? '',
    'pictures',
  );
  const source = readExtended(
    join(projectRoot, 'experiments', backbone === undefined ? 'emoji.json' : 'cars.json'),
  ) as { base: Record<string, unknown> & { model: HeadSettings }; methods: Method[] };
  const { embeddingDimension, radius, dropout } = source.base.model;
  const pictures = classSizes.reduce((sum, size) => sum + size, 0);
  const size = pictures > SIDE.many ? SIDE.ofMany : SIDE.usual;
  const fewClasses = classes < FEWEST_FOR_VALIDATION_CLASSES;
  const split = fewClasses
    ? { name: 'held-out-pictures', test: Math.floor(classes / 2) / classes, validation: 0.35, seed: 0 }
    : {
        train: 0.4,
        validation: Math.max(0.1, 2 / classes),
        test: 0.5 - Math.max(0, 2 / classes - 0.1),
        seed: 0,
      };
  const testClasses = Math.round(split.test * classes);
  const trainClasses = fewClasses ? classes - testClasses : Math.round(0.4 * classes);
  const usual = [...classSizes].sort((a, b) => a - b)[Math.floor(classes / 2)];
  const trainPictures = trainClasses * usual;
  const steps = wholeTens(Math.min(400, Math.max(100, (20 * trainPictures) / BATCH_ROWS)));
  const smallestTest = [...classSizes].sort((a, b) => a - b).slice(0, testClasses);
  const mostNeighbours = smallestTest.reduce((sum, count) => sum + count, 0) - 1;

  const methods = source.methods
    .filter(({ spec }) => backbone === undefined || !isDeeper(spec))
    .map(({ method, spec }) => ({
      method: method.replace(/, head$/, '').replace('GoogLeNet features', 'Features as they are'),
      spec: {
        ...spec,
        ...(spec.model === undefined ? {} : { model: modelOf(spec, backbone) }),
        ...(spec.batch === undefined ? {} : { batch: batchOf(spec.batch.name, trainClasses, usual) }),
      },
    }));
  const profile = (factor: number) => ({
    steps: wholeTens(factor * steps),
    validateEvery: wholeTens((factor * steps) / 10),
  });
  return {
    name: backbone === undefined ? pictureName : `${pictureName}-${backbone.name}`,
    title:
      backbone === undefined
        ? `Six losses on ${pictureName}, unseen classes`
        : `Four losses on ${pictureName}, a head on ${backbone.name}, unseen classes`,
    base: {
      ...source.base,
      dataset: { name: 'image-folder', directory, size },
      split,
      ...(backbone === undefined
        ? {
            augmentation: { shift: (1.5 * size) / 32, flip: true, rotateDegrees: 4, zoom: 0.1, colour: 0.15 },
          }
        : { model: { embeddingDimension, radius, dropout, ...backbone.head } }),
      batch: batchOf('n-pair', trainClasses, usual),
      evaluation: {
        ks: [1, 2, 4, 8].filter((k) => k === 1 || k <= mostNeighbours),
        kMeansRestarts: 1,
        test: 'read-once',
      },
    },
    profiles: {
      smoke: {
        description: '20 steps: does everything work?',
        seeds: [0],
        spec: { steps: 20, validateEvery: 10 },
      },
      quick: { description: `${wholeTens(steps)} steps`, seeds: [0, 1, 2], spec: profile(1) },
      full: { description: `${wholeTens(4 * steps)} steps`, seeds: [0, 1, 2, 3, 4], spec: profile(4) },
    },
    methods,
  };
}

const wholeTens = (steps: number) => Math.max(10, 10 * Math.round(steps / 10));

function isDeeper({ model }: Method['spec']): boolean {
  const { trains = 'head' } = (model ?? {}) as { trains?: string };
  return trains !== 'head';
}

function modelOf({ model }: Method['spec'], backbone: BackboneModels | undefined): object {
  const own = model as { readonly name?: string };
  return backbone !== undefined && own.name === 'googlenet-features' ? backbone.features : own;
}

/** As many classes as there are, up to a batch of 64 rows. */
function batchOf(kind: string, classes: number, pictures: number): object {
  if (kind === 'n-pair') return { name: kind, classes: Math.min(BATCH_ROWS / 2, classes) };
  const each = Math.min(BATCH_ROWS / 4, classes);
  const most = Math.max(2, Math.min(pictures, Math.floor(BATCH_ROWS / each)));
  return { name: kind, classes: each, imagesPerClass: Math.min(most, each === BATCH_ROWS / 4 ? 4 : 16) };
}

/** What an experiment may be called: small letters, digits and hyphens. */
function slugOf(name: string, otherwise: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return slug === '' ? otherwise : slug;
}
