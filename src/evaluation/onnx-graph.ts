import { parse } from 'protobufjs';

/** The few message types of onnx.proto3 (ONNX 1.16, IR version 10) that a graph without weights needs. */
const PROTO = `
syntax = "proto3";
package onnx;
message OperatorSetIdProto { string domain = 1; int64 version = 2; }
message AttributeProto { string name = 1; float f = 2; int64 i = 3; repeated int64 ints = 8; int32 type = 20; }
message NodeProto {
  repeated string input = 1; repeated string output = 2; string op_type = 4; repeated AttributeProto attribute = 5;
}
message TensorProto { repeated int64 dims = 1; int32 data_type = 2; repeated int64 int64_data = 7; string name = 8; }
message TensorShapeProto { message Dimension { int64 dim_value = 1; string dim_param = 2; } repeated Dimension dim = 1; }
message TypeProto { message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; } Tensor tensor_type = 1; }
message ValueInfoProto { string name = 1; TypeProto type = 2; }
message GraphProto {
  repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
}
message ModelProto {
  int64 ir_version = 1; string producer_name = 2; GraphProto graph = 7; repeated OperatorSetIdProto opset_import = 8;
}`;

const ModelProto = parse(PROTO, { keepCase: true }).root.lookupType('onnx.ModelProto');

const ELEMENT_TYPES = { float32: 1, int32: 6, int64: 7 } as const;
const INT_ATTRIBUTE = 2;

export interface OnnxValue {
  readonly name: string;
  readonly type: keyof typeof ELEMENT_TYPES;
  /** A number is fixed; a word names a dimension that is known at run time. */
  readonly shape: readonly (number | string)[];
}

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, number>>;
}

export interface OnnxGraph {
  readonly name: string;
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly nodes: readonly OnnxNode[];
  /** One-dimensional int64 constants, for axes. */
  readonly constants?: Readonly<Record<string, readonly number[]>>;
}

/** The graph as the bytes of an .onnx file, operator set 18. */
export function encodeOnnxModel(graph: OnnxGraph): Uint8Array {
  const valueInfo = ({ name, type, shape }: OnnxValue) => ({
    name,
    type: {
      tensor_type: {
        elem_type: ELEMENT_TYPES[type],
        shape: {
          dim: shape.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size })),
        },
      },
    },
  });
  return ModelProto.encode({
    ir_version: 9,
    producer_name: 'angular-loss-kit',
    opset_import: [{ domain: '', version: 18 }],
    graph: {
      name: graph.name,
      node: graph.nodes.map(({ operator, inputs, outputs, attributes = {} }) => ({
        op_type: operator,
        input: inputs,
        output: outputs,
        attribute: Object.entries(attributes).map(([name, i]) => ({ name, i, type: INT_ATTRIBUTE })),
      })),
      initializer: Object.entries(graph.constants ?? {}).map(([name, values]) => ({
        name,
        dims: [values.length],
        data_type: ELEMENT_TYPES.int64,
        int64_data: values,
      })),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
    },
  }).finish();
}
