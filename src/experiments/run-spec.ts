import { createHash } from 'node:crypto';
import { z } from 'zod';
import { KitError } from '../kit-error.js';
import { lossSchema } from './declared-losses.js';
import { withChecksum } from './loss-module.js';
import { onnxModelFile, withModelChecksum } from './onnx-model-file.js';
import { settingAt } from './setting-at.js';

const positive = z.number().positive();
const count = z.int().positive();
const share = z.number().min(0).max(1);
const nonNegative = z.number().nonnegative();
/** Side in pixels; all pictures of a set lie in memory at once. */
const pictureSize = count.max(512);

/** Data sets with a split of their own lie where `KIT_DATA` says, so that a spec holds no path of a machine. */
const published = { allowPartial: z.boolean(), boundingBoxCrops: z.boolean() };
const dataset = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('emoji'), size: pictureSize }),
  z.strictObject({ name: z.literal('image-folder'), directory: z.string(), size: pictureSize }),
  z.strictObject({ name: z.literal('cub-200'), ...published }),
  z.strictObject({ name: z.literal('cars-196'), ...published }),
  z.strictObject({ name: z.literal('online-products'), allowPartial: z.boolean() }),
  z.strictObject({ name: z.literal('cub-200-crops') }),
]);

const testView = z.enum(['whole', 'centre']);
/** Of a linear layer on features. */
const head = {
  /** View of a picture in validation and test, and one of those in training. */
  view: testView,
  /**
   * Random crops, mirrored or not, that training draws from beside `view`: they are made once. For `all` 0, since its crops
   * are drawn afresh in every step.
   */
  randomViews: z.int().nonnegative(),
  embeddingDimension: count,
  radius: positive.nullable(),
  /** Of the features; BVLC's own value is 0.4. */
  dropout: share.refine((value) => value < 1, 'must be smaller than 1'),
};
const model = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('raw-pixels') }),
  z.strictObject({
    name: z.literal('small-convnet'),
    channels: z.array(count).min(1),
    embeddingDimension: count,
    radius: positive.nullable(),
  }),
  z.strictObject({ name: z.literal('googlenet-features'), view: testView }),
  z.strictObject({
    name: z.literal('googlenet'),
    /** What is trained: a linear head on pool5, or also the blocks from 5a or 4a on. */
    trains: z.enum(['head', 'from-5a', 'from-4a', 'all']),
    ...head,
  }),
  z.strictObject({ name: z.literal('onnx-features'), ...onnxModelFile, view: testView }),
  /** A linear head on the features of an ONNX file. */
  z.strictObject({ name: z.literal('onnx'), ...onnxModelFile, ...head }),
]);

const batch = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('n-pair'), classes: z.int().min(2) }),
  /** Hard negative class mining: the classes of a batch are chosen among `candidates` drawn at random. */
  z
    .strictObject({
      name: z.literal('n-pair-hard-classes'),
      classes: z.int().min(2),
      candidates: z.int().min(2),
    })
    .refine(({ classes, candidates }) => candidates >= classes, {
      path: ['candidates'],
      message: 'must be as large as classes or larger',
    }),
  z.strictObject({ name: z.literal('m-per-class'), classes: z.int().min(2), imagesPerClass: z.int().min(2) }),
]);

const schedule = z.enum(['constant', 'cosine']);
const optimizer = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('adam'), learningRate: positive, weightDecay: nonNegative, schedule }),
  z.strictObject({
    name: z.literal('sgd'),
    learningRate: positive,
    momentum: share,
    weightDecay: nonNegative,
    schedule,
  }),
]);

const split = z.discriminatedUnion('name', [
  z.strictObject({
    name: z.literal('shares').optional(),
    train: share,
    validation: share,
    test: share,
    seed: z.int(),
  }),
  /** Few classes: `test` is a share of them, `validation` a share of the pictures of each other class. */
  z.strictObject({
    name: z.literal('held-out-pictures'),
    test: share.gt(0).lt(1),
    validation: share.gt(0).lt(1),
    seed: z.int(),
  }),
  /** The classes that the data set's papers train and test on; `validation` is a share of the training classes. */
  z.strictObject({ name: z.literal('paper'), validation: share.gt(0).lt(1), seed: z.int() }),
  /** All classes in `count` folds, each the test classes once; `validation` is a share of the others. */
  z.strictObject({
    name: z.literal('folds'),
    count: z.int().min(2),
    fold: z.int().nonnegative(),
    validation: share.gt(0).lt(1),
    seed: z.int(),
  }),
]);

/** It names a folder of results. */
export const experimentName = z
  .string()
  .regex(/^[a-z0-9-]+$/, 'use small letters, digits and hyphens: it names a folder');

const runSpecSchema = z.strictObject({
  experiment: experimentName,
  /** The row of the table. */
  method: z.string().min(1),
  dataset,
  /** Shares of the classes, the papers' split or a fold; its seed is the same for every run of an experiment. */
  split,
  model,
  /** Null with `steps: 0`: a baseline that is not trained. */
  loss: lossSchema.nullable(),
  batch,
  optimizer,
  augmentation: z.strictObject({
    shift: nonNegative,
    flip: z.boolean(),
    rotateDegrees: nonNegative,
    zoom: nonNegative,
    colour: share,
  }),
  steps: z.int().nonnegative(),
  validateEvery: count,
  evaluation: z.strictObject({
    ks: z.array(count).min(1),
    kMeansRestarts: count,
    /** `none` in a tuning experiment: the test classes stay unread. */
    test: z.enum(['read-once', 'none']),
  }),
  seed: z.int().nonnegative(),
});

/** Everything that decides a run's numbers, the seed included. */
export type RunSpec = Readonly<z.infer<typeof runSpecSchema>>;

/**
 * @param value what a JSON file held
 * @param origin where it came from, for messages
 * @throws KitError `invalid-spec` that lists every fault: where, what was found, what is expected
 */
export function parseRunSpec(value: unknown, origin: string): RunSpec {
  const spec = withFileChecksums(parseWith(runSpecSchema, namingLossOfFile(value), origin), origin);
  if (spec.loss === null && spec.steps > 0) {
    throw new KitError(
      'invalid-spec',
      `${origin}: loss is null but steps is ${spec.steps}; name a loss, or set steps to 0.`,
    );
  }
  requireMatchingParts(spec, origin);
  if (spec.split.name === 'folds' && spec.split.fold >= spec.split.count) {
    throw new KitError(
      'invalid-spec',
      `${origin}: split.fold is ${spec.split.fold}; of ${spec.split.count} folds, counted from 0, the last is ${spec.split.count - 1}.`,
    );
  }
  if (!('train' in spec.split)) return spec;
  const { train, validation, test } = spec.split;
  if (train + validation + test > 1 + 1e-9) {
    throw new KitError(
      'invalid-spec',
      `${origin}: split.train + split.validation + split.test is ${train + validation + test}; the shares of the classes may not exceed 1.`,
    );
  }
  return spec;
}

/** `{ "module": "./my-loss.ts" }` needs no name. */
function namingLossOfFile(value: unknown): unknown {
  const loss = (value as { loss?: { name?: unknown; module?: unknown } | null } | null)?.loss;
  if (loss?.module === undefined || loss.name !== undefined) return value;
  return { ...(value as object), loss: { name: 'module', ...loss } };
}

function withFileChecksums(spec: RunSpec, origin: string): RunSpec {
  const { loss, model } = spec;
  return {
    ...spec,
    loss: loss?.name === 'module' ? withChecksum(loss, origin) : loss,
    model: 'file' in model ? withModelChecksum(model, origin) : model,
  };
}

const PIXEL_DATASETS = ['emoji', 'image-folder'];
const PIXEL_MODELS = ['raw-pixels', 'small-convnet'];

function requireMatchingParts({ dataset, model, split, augmentation }: RunSpec, origin: string): void {
  const pixels = PIXEL_DATASETS.includes(dataset.name);
  if (PIXEL_MODELS.includes(model.name) !== pixels && dataset.name !== 'image-folder') {
    throw new KitError(
      'invalid-spec',
      `${origin}: the model ${model.name} does not take the data set ${dataset.name}; ${PIXEL_MODELS.join(' and ')} go with ${PIXEL_DATASETS.join(' and ')}, pretrained networks with photographs.`,
    );
  }
  if (
    model.name === 'small-convnet' &&
    'size' in dataset &&
    dataset.size % 2 ** model.channels.length !== 0
  ) {
    throw new KitError(
      'invalid-spec',
      `${origin}: dataset.size is ${dataset.size}; each of the ${model.channels.length} blocks of model.channels halves the picture, so take a multiple of ${2 ** model.channels.length}.`,
    );
  }
  if (!PIXEL_MODELS.includes(model.name) && Object.values(augmentation).some(Boolean)) {
    throw new KitError(
      'invalid-spec',
      `${origin}: augmentation does not reach ${model.name}, whose features are computed once; set it to 0 and false, and take model.randomViews for crops and mirrored pictures.`,
    );
  }
  if (
    model.name === 'googlenet' &&
    model.trains === 'all' &&
    (model.view === 'whole' || model.randomViews > 0)
  ) {
    throw new KitError(
      'invalid-spec',
      `${origin}: model.trains "all" draws its crops of 227 pixels afresh in every step; set model.view to "centre", which is as large, and model.randomViews to 0.`,
    );
  }
  if (split.name !== 'folds' && (split.name === 'paper') === pixels) {
    throw new KitError(
      'invalid-spec',
      `${origin}: split.name is ${split.name ?? 'shares'}; ${dataset.name} takes ${pixels ? 'shares (train, validation, test)' : '"paper"'} or "folds".`,
    );
  }
}

/** zod's verdict in words: one line a fault, with the path into the file. */
export function parseWith<T extends z.ZodType>(schema: T, value: unknown, origin: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const where = issue.path.join('.') || 'the file';
    if (issue.code !== 'unrecognized_keys') return `${where}: ${issue.message}${foundAt(value, issue.path)}`;
    const allowed = allowedKeys(schema, value, issue.path);
    return `${where}: unknown key ${issue.keys.map((key) => `"${key}"`).join(', ')}; it takes ${allowed.join(', ')}`;
  });
  throw new KitError('invalid-spec', `${origin} is not a valid spec:\n  ${faults.join('\n  ')}`);
}

function foundAt(value: unknown, path: readonly PropertyKey[]): string {
  const found = settingAt(value, path);
  if (found === undefined) return ' (missing)';
  return typeof found === 'object' ? '' : ` (found ${JSON.stringify(found)})`;
}

function allowedKeys(schema: z.ZodType, value: unknown, path: readonly PropertyKey[]): string[] {
  let at: z.ZodType = schema;
  let found = value as Record<PropertyKey, unknown>;
  for (const key of [...path, undefined]) {
    while (at instanceof z.ZodNullable || at instanceof z.ZodOptional) at = at.unwrap() as z.ZodType;
    if (at instanceof z.ZodDiscriminatedUnion) {
      at = (at.options as z.ZodObject[]).find(
        (option) => option.shape.name.safeParse(found.name).success,
      ) as z.ZodType;
    }
    if (key === undefined) break;
    if (at instanceof z.ZodArray) at = at.element as z.ZodType;
    else if (at instanceof z.ZodRecord) at = at.valueType as z.ZodType;
    else at = (at as z.ZodObject).shape[key as string] as z.ZodType;
    found = found[key] as Record<PropertyKey, unknown>;
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/**
 * First 16 hex digits of the SHA-256 of the spec with its keys sorted: the run's id. A loss or a network of a file counts
 * by its checksum, wherever the file lies.
 */
export function runId(spec: RunSpec): string {
  const { loss, model } = spec;
  const decisive = {
    ...spec,
    loss: loss?.name === 'module' ? { ...loss, module: undefined } : loss,
    model: 'file' in model ? { ...model, file: undefined } : model,
  };
  return createHash('sha256').update(canonicalJson(decisive)).digest('hex').slice(0, 16);
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
