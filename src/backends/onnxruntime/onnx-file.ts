import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import protobuf from 'protobufjs';
import { factsOf } from '../../files/file-facts.js';
import { sha256OfFileAtOnce } from '../../files/sha256-of-file.js';

// Of onnx.proto3, what tells a file's metadata and the files that its weights lie in; all else is skipped.
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Entry { string key = 1; string value = 2; }
  message Tensor { repeated Entry external_data = 13; }
  message Attribute { Tensor t = 5; Graph g = 6; repeated Tensor tensors = 10; repeated Graph graphs = 11; }
  message Node { repeated Attribute attribute = 5; }
  message Graph { repeated Node node = 1; repeated Tensor initializer = 5; }
  message Function { repeated Node node = 7; }
  message Model { Graph graph = 7; repeated Entry metadata_props = 14; repeated Function functions = 25; }
`,
  { keepCase: true },
);

interface Entry {
  readonly key: string;
  readonly value: string;
}

interface OnnxMessage {
  readonly metadata_props?: readonly Entry[];
}

export interface OnnxFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** SHA-256 (hex) of the file; where weights lie in files beside it, of all of them. */
  readonly checksum: string;
  /** The file itself, then those beside it. */
  readonly paths: readonly string[];
}

interface Known {
  readonly file: OnnxFile;
  /** Of its files, as they were. */
  readonly state: string;
}

/** Runs of an experiment ask for the same model again and again. */
const known = new Map<string, Known>();

/**
 * What an ONNX file says of itself, nothing run.
 *
 * @throws Error in words where it is no ONNX file, or where a file of weights is not beside it
 */
export function readOnnxFile(path: string): OnnxFile {
  const before = known.get(path);
  if (before !== undefined && before.state === stateOf(before.file.paths)) return before.file;
  const bytes = readFileSync(path);
  const begin = bytes.subarray(0, 200).toString('latin1');
  if (bytes.length === 0) throw new Error('the file is empty');
  if (begin.startsWith('version https://git-lfs'))
    throw new Error('it is a Git LFS pointer, not the model; run git lfs pull');
  if (/^\s*<(!doctype|html)/i.test(begin))
    throw new Error('it is a web page, not a model; download it again');
  let model: OnnxMessage;
  try {
    model = root.lookupType('Model').decode(bytes).toJSON();
  } catch {
    throw new Error('it is cut off or no ONNX file');
  }
  const own = createHash('sha256').update(bytes).digest('hex');
  const sums = [own];
  const paths = [path];
  for (const location of [...new Set(weightFiles(model))].sort()) {
    const file = join(dirname(path), location);
    if (!factsOf(file)?.isFile())
      throw new Error(
        `its weights are in ${location}, which is not beside it; keep both files in one folder under their names`,
      );
    sums.push(`${location} ${sha256OfFileAtOnce(file)}`);
    paths.push(file);
  }
  const file = {
    metadata: Object.fromEntries((model.metadata_props ?? []).map(({ key, value }) => [key, value])),
    checksum: sums.length === 1 ? own : createHash('sha256').update(sums.join('\n')).digest('hex'),
    paths,
  };
  known.set(path, { file, state: stateOf(paths) });
  return file;
}

/** Where tensors lie outside, whether weights of the graph, constants of a node or of a graph in a node. */
function weightFiles(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(weightFiles);
  if (part === null || typeof part !== 'object') return [];
  return Object.entries(part).flatMap(([field, value]) => {
    if (field !== 'external_data') return weightFiles(value);
    return (value as readonly Entry[]).find(({ key }) => key === 'location')?.value ?? [];
  });
}

function stateOf(paths: readonly string[]): string {
  return paths.map((path) => [path, factsOf(path)?.size, factsOf(path)?.mtimeNs].join(' ')).join('\n');
}
