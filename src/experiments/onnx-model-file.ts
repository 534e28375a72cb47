import { z } from 'zod';
import { readOnnxFile } from '../backends/onnxruntime/onnx-file.js';
import { type OnnxBackbone, openOnnxBackbone } from '../features/onnx-backbone.js';
import { preprocessingSchema } from '../features/preprocessing.js';
import { KitError } from '../kit-error.js';

/** In a spec: a network of the user's own, whose features are taken as they are. */
export const onnxModelFile = {
  /** An .onnx file, relative to the file that names it; in a record, to the folder that the command ran in. */
  file: z.string().min(1),
  /** Of the file and of files with its weights; put in when the spec is read, so that a record names the network it saw. */
  sha256: z.string().optional(),
  /** The output taken, needed where it has several. */
  layer: z.string().optional(),
  /** How pictures are prepared: unless set, as the file says of itself, else as torchvision does. */
  preprocessing: preprocessingSchema.optional(),
  /** The input that takes pictures, needed where several could. */
  input: z.string().optional(),
  /** What every number of another input is, by its name. */
  inputValues: z.record(z.string(), z.number()).optional(),
};

export type OnnxModelFile = Readonly<z.infer<z.ZodObject<typeof onnxModelFile>>>;

/** The model with the checksum of its file. @throws KitError `invalid-spec` when a record's own checksum is another */
export function withModelChecksum<M extends OnnxModelFile>(model: M, origin: string): M & { sha256: string } {
  const { file } = model;
  let sha256: string;
  try {
    sha256 = readOnnxFile(file).checksum;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? 'is not there' : `can't be read: ${message}`;
    throw new KitError('invalid-spec', `${origin}: the network ${file} ${what}.`, { cause: error });
  }
  if (model.sha256 !== undefined && model.sha256 !== sha256) {
    throw new KitError(
      'invalid-spec',
      `${origin}: ${file} is not the network that was used: SHA-256 ${model.sha256.slice(0, 16)}… is asked for, it has ${sha256.slice(0, 16)}…. Put that file back, or remove model.sha256 to take the file as it is now.`,
    );
  }
  return { ...model, sha256 };
}

/** @throws KitError as `openOnnxBackbone` does, and where the file changed since its spec was read */
export async function openModelFile(model: OnnxModelFile): Promise<OnnxBackbone> {
  const onnx = await openOnnxBackbone(model.file, model.layer, model);
  if (onnx.checksum === model.sha256) return onnx;
  throw new KitError('invalid-spec', `${model.file} changed while the run was prepared. Start it again.`);
}
