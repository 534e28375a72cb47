import { readFileSync } from 'node:fs';
import sharp from 'sharp';
import { z } from 'zod';
import { KitError } from '../kit-error.js';
import { SeededRandom } from '../seeded-random.js';
import type { RgbImage } from '../types/image-set.js';
import type { PictureView } from './picture-view.js';
import { pillowResize } from './pillow-resize.js';

const triple = z.tuple([z.number(), z.number(), z.number()]);

/** How a picture becomes what a network of an ONNX file takes: resized, the middle cut out, colours scaled. */
export const preprocessingSchema = z.strictObject({
  /** `shorter`: the shorter side to `resize`; `stretch`: both; `contain`: the whole picture on a white square. */
  fit: z.enum(['shorter', 'stretch', 'contain']),
  /** Side in pixels before the crop. */
  resize: z.int().positive(),
  /** Side of the square that the network takes. */
  crop: z.int().positive(),
  /** Pillow's, or libvips' own way, which the kit's networks are trained with. */
  interpolation: z.enum(['bilinear', 'bicubic', 'lanczos', 'libvips']),
  channels: z.enum(['rgb', 'bgr']),
  /** In the order of `channels`, of values from 0 to 255: (value − mean) / deviation. */
  mean: triple,
  deviation: triple,
});
export type Preprocessing = Readonly<z.infer<typeof preprocessingSchema>>;

const of255 = (values: readonly number[]) => values.map((value) => value * 255) as [number, number, number];
const IMAGENET = { mean: of255([0.485, 0.456, 0.406]), deviation: of255([0.229, 0.224, 0.225]) };
const rgb = { channels: 'rgb', interpolation: 'bilinear', fit: 'shorter' } as const;

/** By name, for a network of this side. */
const NAMED: Record<string, (side: number) => Preprocessing> = {
  /** Resize(256), CenterCrop(224), ToTensor, Normalize: torchvision's `IMAGENET1K_V1` weights; other sides in proportion. */
  torchvision: (side) => ({ ...rgb, resize: Math.round((side * 256) / 224), crop: side, ...IMAGENET }),
  /** BVLC's: stretched, blue, green, red, minus the mean of ImageNet. */
  caffe: (side) => ({
    ...rgb,
    fit: 'stretch',
    resize: side,
    crop: side,
    channels: 'bgr',
    mean: [104, 117, 123],
    deviation: [1, 1, 1],
  }),
  /** OpenAI's CLIP and its descendants. */
  clip: (side) => ({
    ...rgb,
    resize: side,
    crop: side,
    interpolation: 'bicubic',
    mean: of255([0.48145466, 0.4578275, 0.40821073]),
    deviation: of255([0.26862954, 0.26130258, 0.27577711]),
  }),
};

/** What a user says on the command line of how pictures are prepared. */
export interface PreprocessingChoice {
  /** torchvision, caffe, clip, or the path of a timm model's config.json. Default: what the file itself says, else torchvision. */
  readonly preprocess?: string;
  /** Of values from 0 to 1, as PyTorch writes them. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly resize?: number;
  readonly crop?: number;
}

/** Or all of it at once. */
export type PreprocessingWanted = PreprocessingChoice & { readonly preprocessing?: Preprocessing };

/**
 * @param side that the file asks for, where it does
 * @param own what the file says of itself
 * @throws KitError `invalid-argument`
 */
export function choosePreprocessing(
  { preprocessing, preprocess, mean, std, resize, crop }: PreprocessingWanted,
  side: number | undefined,
  own?: Preprocessing,
): Preprocessing {
  const base =
    preprocess === undefined
      ? (preprocessing ?? own ?? named('torchvision', crop ?? side))
      : named(preprocess, crop ?? side);
  const chosen = {
    ...base,
    ...(mean === undefined ? {} : { mean: threeOf(mean, '--mean') }),
    ...(std === undefined ? {} : { deviation: threeOf(std, '--std') }),
    ...(resize === undefined ? {} : { resize }),
    ...(crop === undefined ? {} : { crop, resize: resize ?? Math.max(crop, base.resize) }),
  };
  if (chosen.resize < chosen.crop)
    throw invalid(
      `a crop of ${chosen.crop} does not fit into pictures resized to ${chosen.resize}; give --resize ${chosen.crop} or more`,
    );
  if (side !== undefined && chosen.crop !== side)
    throw invalid(
      `the network takes pictures of ${side} pixels a side, not ${chosen.crop}; give --crop ${side}`,
    );
  if (chosen.deviation.includes(0))
    throw invalid('a standard deviation of 0 divides by nothing; give --std of positive numbers');
  return chosen;
}

const USUAL_SIDE = 224;
const invalid = (what: string) => new KitError('invalid-argument', `Preprocessing: ${what}.`);

function threeOf(values: readonly number[], option: string): [number, number, number] {
  if (values.length !== 3 || values.some((value) => !Number.isFinite(value)))
    throw invalid(`${option} takes three numbers of values between 0 and 1, for example 0.485,0.456,0.406`);
  if (values.some((value) => Math.abs(value) > 2))
    throw invalid(
      `${option} is of values between 0 and 1, found ${values.join(', ')}; divide numbers of 0 to 255 by 255`,
    );
  return of255(values);
}

function named(name: string, side: number | undefined): Preprocessing {
  if (Object.hasOwn(NAMED, name)) return NAMED[name](side ?? USUAL_SIDE);
  if (!name.endsWith('.json'))
    throw invalid(
      `--preprocess is "${name}"; it can be ${Object.keys(NAMED).join(', ')}, or the path of a timm config.json`,
    );
  return ofTimm(name, side);
}

const timmConfig = z.object({
  input_size: z.tuple([z.literal(3), z.int(), z.int()]),
  interpolation: z.enum(['bilinear', 'bicubic', 'lanczos']).default('bicubic'),
  crop_pct: z.number().positive().max(1).default(0.875),
  crop_mode: z.enum(['center', 'squash']).default('center'),
  mean: triple,
  std: triple,
});

/** timm's own rule: the shorter side to ⌊side / crop_pct⌋, the middle of it. */
function ofTimm(path: string, side: number | undefined): Preprocessing {
  let content: { pretrained_cfg?: unknown } | null;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new KitError(
      'invalid-argument',
      `${path} can't be read as a timm config.json (${(error as Error).message}).`,
      {
        cause: error,
      },
    );
  }
  const parsed = timmConfig.safeParse(content?.pretrained_cfg ?? content);
  if (!parsed.success) {
    const [{ path: where, message }] = parsed.error.issues;
    throw new KitError('invalid-argument', `${path} is no timm config.json: ${where.join('.')}: ${message}.`);
  }
  const { input_size, interpolation, crop_pct, crop_mode, mean, std } = parsed.data;
  const crop = side ?? input_size[1];
  return {
    channels: 'rgb',
    fit: crop_mode === 'squash' ? 'stretch' : 'shorter',
    interpolation,
    resize: Math.floor(crop / crop_pct),
    crop,
    mean: of255(mean),
    deviation: of255(std),
  };
}

/** In words, to stand after "pictures are". */
export function describePreprocessing({
  fit,
  resize,
  crop,
  interpolation,
  channels,
  mean,
  deviation,
}: Preprocessing): string {
  const numbers = (values: readonly number[]) => values.map((value) => Number(value.toFixed(2))).join(', ');
  const sized = {
    shorter: `resized to a shorter side of ${resize}`,
    stretch: `stretched to ${resize}×${resize}`,
    contain: `put whole on a white square of ${resize}×${resize}`,
  }[fit];
  const cut = crop === resize && fit !== 'shorter' ? '' : `, cut to the middle ${crop}×${crop}`;
  return `${sized} (${interpolation})${cut}, ${channels.toUpperCase()}, less ${numbers(mean)}, divided by ${numbers(deviation)}`;
}

/** What an exported model holds of itself; undefined where it is not such a text. */
export function preprocessingFromText(text: string | undefined): Preprocessing | undefined {
  if (text === undefined) return undefined;
  try {
    return preprocessingSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Writes a picture as three planes of `crop`×`crop` numbers.
 *
 * @param view `centre` is what the preprocessing says; `whole` stretches to the crop's side; `random-n` cuts somewhere, mirrored or not
 */
export async function writePreprocessed(
  picture: RgbImage,
  view: PictureView,
  digest: string,
  preprocessing: Preprocessing,
  into: Float32Array,
): Promise<void> {
  const { crop, mean, deviation } = preprocessing;
  const { data, width, height } = await resized(
    picture,
    view === 'whole' ? { ...preprocessing, fit: 'stretch', resize: crop } : preprocessing,
  );
  const random = view.startsWith('random') ? new SeededRandom(digest).fork(view) : null;
  const [left, top] = [width - crop, height - crop].map((margin) =>
    random === null ? pythonRound(margin / 2) : random.integer(margin + 1),
  );
  const mirrored = random !== null && random.uniform() < 0.5;
  const channels = preprocessing.channels === 'rgb' ? [0, 1, 2] : [2, 1, 0];
  for (let y = 0; y < crop; y++) {
    for (let x = 0; x < crop; x++) {
      const from = ((top + y) * width + left + (mirrored ? crop - 1 - x : x)) * 3;
      for (let plane = 0; plane < 3; plane++)
        into[(plane * crop + y) * crop + x] = (data[from + channels[plane]] - mean[plane]) / deviation[plane];
    }
  }
}

/** Half to even, as CenterCrop does. */
function pythonRound(value: number): number {
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
}

async function resized(picture: RgbImage, { fit, resize, interpolation }: Preprocessing): Promise<RgbImage> {
  const { data, width, height } = picture;
  if (fit === 'contain' || interpolation === 'libvips') {
    const square = await sharp(data, { raw: { width, height, channels: 3 } })
      .resize(resize, resize, { fit: fit === 'contain' ? 'contain' : 'fill', background: '#fff' })
      .raw()
      .toBuffer();
    return { width: resize, height: resize, data: square };
  }
  switch (fit) {
    case 'stretch':
      return pillowResize(picture, resize, resize, interpolation);
    case 'shorter': {
      const longer = Math.trunc((resize * Math.max(width, height)) / Math.min(width, height));
      return width <= height
        ? pillowResize(picture, resize, longer, interpolation)
        : pillowResize(picture, longer, resize, interpolation);
    }
  }
}
