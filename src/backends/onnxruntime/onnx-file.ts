import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';
import { sha256OfFile } from '../../files/sha256-of-file.js';

// Of onnx.proto3, what tells a file's metadata and the files that its weights lie in; all else is skipped.
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Entry { string key = 1; string value = 2; }
  message Tensor { repeated Entry external_data = 13; }
  message Graph { repeated Tensor initializer = 5; }
  message Model { Graph graph = 7; repeated Entry metadata_props = 14; }
`,
  { keepCase: true },
);

interface Entry {
  readonly key: string;
  readonly value: string;
}

export interface OnnxFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** SHA-256 (hex) of the file; where weights lie in files beside it, of all of them. */
  readonly checksum: string;
}

/**
 * What an ONNX file says of itself, nothing run.
 *
 * @throws Error in words where it is no ONNX file, or where a file of weights is not beside it
 */
export async function readOnnxFile(path: string): Promise<OnnxFile> {
  const bytes = readFileSync(path);
  const begin = bytes.subarray(0, 200).toString('latin1');
  if (bytes.length === 0) throw new Error('the file is empty');
  if (begin.startsWith('version https://git-lfs'))
    throw new Error('it is a Git LFS pointer, not the model; run git lfs pull');
  if (/^\s*<(!doctype|html)/i.test(begin))
    throw new Error('it is a web page, not a model; download it again');
  let model: { graph?: { initializer?: { external_data?: Entry[] }[] }; metadata_props?: Entry[] };
  try {
    model = root.lookupType('Model').decode(bytes).toJSON();
  } catch {
    throw new Error('it is cut off or no ONNX file');
  }
  const beside = (model.graph?.initializer ?? []).flatMap(
    ({ external_data = [] }) => external_data.find(({ key }) => key === 'location')?.value ?? [],
  );
  const own = createHash('sha256').update(bytes).digest('hex');
  const sums = [own];
  for (const location of [...new Set(beside)].sort()) {
    const file = join(dirname(path), location);
    if (!existsSync(file) || !statSync(file).isFile())
      throw new Error(
        `its weights are in ${location}, which is not beside it; keep both files in one folder under their names`,
      );
    sums.push(`${location} ${await sha256OfFile(file)}`);
  }
  return {
    metadata: Object.fromEntries((model.metadata_props ?? []).map(({ key, value }) => [key, value])),
    checksum: sums.length === 1 ? own : createHash('sha256').update(sums.join('\n')).digest('hex'),
  };
}
