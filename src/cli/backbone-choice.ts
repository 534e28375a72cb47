import { readOnnxFile } from '../backends/onnxruntime/onnx-file.js';
import { KitError } from '../kit-error.js';

/** What a command is told of a network of the user's own. */
export interface OnnxOptions {
  /** How pictures are prepared for it. */
  readonly preprocess?: string;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
  readonly resize?: number;
  readonly crop?: number;
  readonly input?: string;
  readonly inputValue?: Readonly<Record<string, number>>;
}

export interface BackboneChoice extends OnnxOptions {
  /** A network's name, or the path of an .onnx file. */
  readonly backbone?: string;
  readonly layer?: string;
}

export const isOnnxFile = (backbone: string) => /\.onnx$/i.test(backbone);

/** The files of a backbone that are read: its weights may lie beside it. */
export function filesOfBackbone(backbone: string): readonly string[] {
  if (!isOnnxFile(backbone)) return [];
  try {
    return readOnnxFile(backbone).paths;
  } catch {
    return [backbone];
  }
}

/** @throws KitError `invalid-argument` naming an option that only a network of the user's own has use for */
export function refuseOnnxOptions(
  backbone: string | undefined,
  options: OnnxOptions & { readonly layer?: string },
): void {
  const given = (['layer', ...ONNX_OPTIONS] as const).find((name) => options[name] !== undefined);
  if (given === undefined) return;
  const option = given.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const instead =
    backbone === undefined
      ? 'name one with --backbone net.onnx'
      : `${backbone} takes pictures as it was trained on them`;
  throw new KitError('invalid-argument', `--${option} is of ONNX files; ${instead}.`);
}

const ONNX_OPTIONS = ['preprocess', 'mean', 'std', 'resize', 'crop', 'input', 'inputValue'] as const;
