import protobuf from 'protobufjs';

// The messages of onnx.proto3 that small graphs need, with their field numbers there.
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Attribute { string name = 1; float f = 2; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
  message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated Attribute attribute = 5; }
  message Dimension { int64 dim_value = 1; string dim_param = 2; }
  message Shape { repeated Dimension dim = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Type { TensorType tensor_type = 1; }
  message ValueInfo { string name = 1; Type type = 2; }
  message Tensor { repeated int64 dims = 1; int32 data_type = 2; repeated int64 int64_data = 7; string name = 8; bytes raw_data = 9; }
  message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
  message Entry { string key = 1; string value = 2; }
  message OperatorSet { string domain = 1; int64 version = 2; }
  message Model { int64 ir_version = 1; string producer_name = 2; Graph graph = 7; repeated OperatorSet opset_import = 8; repeated Entry metadata_props = 14; }
`,
  { keepCase: true },
);

const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7, float16: 10 } as const;
const ATTRIBUTE_TYPES = { float: 1, integer: 2, integers: 7 } as const;

export interface OnnxValue {
  readonly name: string;
  readonly type: keyof typeof ELEMENT_TYPES;
  /** Names stand for sizes known only at run time. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A number is a whole number, a list whole numbers; `{ float }` is for the others. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

type OnnxAttribute = number | readonly number[] | { readonly float: number };

/** A constant matrix or filter, row-major. */
export interface OnnxConstant {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * The bytes of an ONNX model (opset 17) that onnxruntime loads.
 *
 * @param axes one-dimensional int64 constants by name
 * @param constants float32 constants by name
 * @param metadata texts that the file keeps beside the graph
 */
export function onnxModel(
  nodes: readonly OnnxNode[],
  inputs: readonly OnnxValue[],
  outputs: readonly OnnxValue[],
  axes: Readonly<Record<string, readonly number[]>> = {},
  constants: ReadonlyMap<string, OnnxConstant> = new Map(),
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const value = ({ name, type, shape }: OnnxValue) => ({
    name,
    type: {
      tensor_type: {
        elem_type: ELEMENT_TYPES[type],
        shape: {
          dim: shape.map((size) => (typeof size === 'string' ? { dim_param: size } : { dim_value: size })),
        },
      },
    },
  });
  const node = ({ operator, inputs, outputs, attributes = {} }: OnnxNode) => ({
    input: inputs,
    output: outputs,
    op_type: operator,
    attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
  });
  const model = root.lookupType('Model');
  return model
    .encode(
      model.fromObject({
        ir_version: 8,
        metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
        producer_name: 'angular-loss-kit',
        opset_import: [{ domain: '', version: 17 }],
        graph: {
          name: 'graph',
          node: nodes.map(node),
          initializer: [
            ...Object.entries(axes).map(([name, values]) => ({
              name,
              dims: [values.length],
              data_type: ELEMENT_TYPES.int64,
              int64_data: values,
            })),
            ...Array.from(constants, ([name, { shape, values }]) => ({
              name,
              dims: shape,
              data_type: ELEMENT_TYPES.float32,
              raw_data: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
            })),
          ],
          input: inputs.map(value),
          output: outputs.map(value),
        },
      }),
    )
    .finish();
}

interface Message {
  readonly graph: { node: { input: string[] }[] };
}

/**
 * The model with one value rounded to float16 on its way to the nodes that take it. Of models that `onnxModel` wrote: what it
 * does not write is lost.
 */
export function withValueInHalf(bytes: Uint8Array, name: string): Uint8Array {
  const type = root.lookupType('Model');
  const model = type.decode(bytes) as unknown as Message;
  const { node } = model.graph;
  const first = node.findIndex(({ input }) => input.includes(name));
  if (first < 0) throw new Error(`no node takes ${name}`);
  const [half, rounded] = [`${name} in float16`, `${name} rounded`];
  for (const { input } of node)
    input.splice(0, input.length, ...input.map((one) => (one === name ? rounded : one)));
  const cast = (from: string, to: string, element: number) => ({
    input: [from],
    output: [to],
    op_type: 'Cast',
    attribute: [attribute('to', element)],
  });
  node.splice(first, 0, cast(name, half, ELEMENT_TYPES.float16), cast(half, rounded, ELEMENT_TYPES.float32));
  return type.encode(model).finish();
}

/** The model with more texts beside its graph; its other bytes stay as they are. */
export function withMetadata(bytes: Uint8Array, metadata: Readonly<Record<string, string>>): Uint8Array {
  const entries = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  // Messages of protobuf that stand one after another are one message.
  return Buffer.concat([bytes, root.lookupType('Model').encode({ metadata_props: entries }).finish()]);
}

function attribute(name: string, value: OnnxAttribute) {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_TYPES.integer };
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_TYPES.float };
  return { name, ints: value, type: ATTRIBUTE_TYPES.integers };
}
