import * as tf from '@tensorflow/tfjs';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** A tensor as a kernel sees it: a flat array of this type. */
export interface Binding {
  readonly name: string;
  readonly tensor: tf.TensorInfo;
  readonly type: 'f32' | 'vec4<f32>' | 'i32';
}

/** One dispatch of WGSL code. */
export interface Program {
  /** As a profile names it. */
  readonly name: string;
  /** Everything that the code depends on: programs of one name and variant share their compiled code. */
  readonly variant: string;
  /** Read and written, the first of them before all others. */
  readonly writes: readonly [Binding, ...Binding[]];
  readonly reads: readonly Binding[];
  /** Fields of `u` in the code. */
  readonly integers: Readonly<Record<string, number>>;
  readonly floats?: Readonly<Record<string, number>>;
  readonly workgroups: readonly [number, number, number];
  /** With an entry point `main`. Every binding and `u` must be used in it. */
  code(): string;
}

/** What tfjs-backend-webgpu 4.22.0 has to itself and the kernels here build on. */
interface BackendInternals {
  readonly device: GPUDevice;
  readonly pipelineCache: Record<string, GPUComputePipeline>;
  readonly tensorMap: { get(dataId: object): { values: unknown } };
  uploadToGPU(dataId: object): void;
  recordAndSubmit(
    program: object,
    output: tf.TensorInfo,
    inputs: readonly tf.TensorInfo[],
    uniforms: readonly { readonly type: string; readonly data: number[] }[],
  ): void;
}

/**
 * Records a dispatch after those before it. Unlike the backend's own `runWebGPUProgram` a kernel may write several tensors,
 * and tensors that were there before.
 */
export function run(backend: WebGPUBackend, program: Program): void {
  const { device, pipelineCache, tensorMap, ...internals } = internalsOf(backend);
  const bindings = [...program.writes, ...program.reads];
  const flat = bindings.map(({ tensor }) => ({
    dataId: tensor.dataId,
    dtype: tensor.dtype,
    shape: [tf.util.sizeFromShape(tensor.shape)],
  }));
  for (const { dataId } of flat) internals.uploadToGPU(dataId);
  // Values that were read once are kept on the host, and are no longer true.
  for (const { tensor } of program.writes) tensorMap.get(tensor.dataId).values = null;
  const key = `kit ${program.name} ${program.variant}`;
  pipelineCache[key] ??= compile(device, program, bindings);
  internals.recordAndSubmit(
    { constructor: { name: program.name }, pipeline: pipelineCache[key], dispatch: program.workgroups },
    flat[0],
    flat.slice(1),
    [
      ...Object.values(program.integers).map((value) => ({ type: 'int32', data: [value] })),
      ...Object.values(program.floats ?? {}).map((value) => ({ type: 'float32', data: [value] })),
    ],
  );
}

function internalsOf(backend: WebGPUBackend): BackendInternals {
  const internals = backend as unknown as BackendInternals;
  return {
    device: internals.device,
    pipelineCache: internals.pipelineCache,
    tensorMap: internals.tensorMap,
    uploadToGPU: (dataId) => internals.uploadToGPU(dataId),
    recordAndSubmit: (...args) => internals.recordAndSubmit(...args),
  };
}

function compile(device: GPUDevice, program: Program, bindings: readonly Binding[]): GPUComputePipeline {
  // The backend puts NaN, infinity, and each tensor's shape and stride before what a program gives it.
  const given = [
    'nan : f32',
    'infinity : f32',
    ...bindings.flatMap((_, i) => [`size${i} : i32`, `stride${i} : i32`]),
  ];
  const integers = Object.keys(program.integers).map((name) => `${name} : i32`);
  const floats = Object.keys(program.floats ?? {}).map((name) => `${name} : f32`);
  const declarations = bindings.map(({ name, type }, i) => {
    const access = i < program.writes.length ? 'read_write' : 'read';
    return `@group(0) @binding(${i}) var<storage, ${access}> ${name} : array<${type}>;`;
  });
  const code = `
struct Uniforms { ${[...given, ...integers, ...floats].join(', ')} };
${declarations.join('\n')}
@group(0) @binding(${bindings.length}) var<uniform> u : Uniforms;
${program.code()}`;
  const module = device.createShaderModule({ code, label: program.name });
  return device.createComputePipeline({
    compute: { module, entryPoint: 'main' },
    label: program.name,
    layout: 'auto',
  });
}

/** An uninitialised result. */
export function result(backend: WebGPUBackend, shape: readonly number[]): tf.TensorInfo {
  return backend.makeTensorInfo([...shape], 'float32');
}

/** Workgroups of 256 threads for so many threads, over two axes since one holds 65,535 only. */
export function workgroupsFor(threads: number): [number, number, number] {
  const groups = Math.ceil(threads / 256);
  const rows = Math.ceil(groups / 65535);
  return [Math.ceil(groups / rows), rows, 1];
}

/** Entry point of a kernel of one thread a value, whose number is `at` and is less than `u.threads`. */
export const eachThread = (body: string) => `
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group : vec3<u32>, @builtin(num_workgroups) groups : vec3<u32>, @builtin(local_invocation_index) local : u32) {
  let at = i32((group.y * groups.x + group.x) * 256u + local);
  if (at >= u.threads) { return; }
  ${body}
}`;

/** Lines for all i < rows and j < columns, written out so that sums stay in registers. */
export function unrolled(rows: number, columns: number, line: (i: number, j: number) => string): string {
  return Array.from({ length: rows * columns }, (_, at) => line(Math.floor(at / columns), at % columns)).join(
    '\n',
  );
}

/** Shares `size` places out among `threads`: the lines of a thread `t`, which has every so many-th of them. */
export function shared(size: number, threads: number, line: (l: number) => string): string {
  return unrolled(Math.ceil(size / threads), 1, (l) =>
    (l + 1) * threads <= size ? line(l) : `if (t + ${l * threads} < ${size}) { ${line(l)} }`,
  );
}
