"""Small ONNX files as other frameworks export them: python make-onnx-fixtures.py, into fixtures/onnx/."""

import os

import numpy as np
import onnx
from onnx import TensorProto as T
from onnx import helper as H
from onnx import numpy_helper as N

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures", "onnx")
PICTURES = ("n", 3, 32, 32)


def value(name, shape, kind=T.FLOAT):
    return H.make_tensor_value_info(name, kind, shape)


def save(name, nodes, inputs, outputs, constants=(), opset=17, **how):
    path = os.path.join(FOLDER, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    graph = H.make_graph(nodes, "g", inputs, outputs, initializer=list(constants))
    model = H.make_model(graph, opset_imports=[H.make_opsetid("", opset)])
    model.ir_version = 8
    onnx.save(model, path, **how)


def node(kind, inputs, output, **attributes):
    return H.make_node(kind, inputs, [output], **attributes)


POOL = node("GlobalAveragePool", ["x"], "p")
FLAT = node("Flatten", ["p"], "q")


def pooled(name, rest=(), constants=(), inputs=(), shape=PICTURES, kind=T.FLOAT, out=("n", 3), out_kind=T.FLOAT, last="q", **how):
    nodes = [POOL, FLAT, *rest]
    if not rest:
        last = "q"
    save(name, nodes, [value("x", shape, kind), *inputs], [value(last, out, out_kind)], constants, **how)


pooled("plain.onnx")
pooled("UPPER.ONNX")
pooled("batch-1.onnx", shape=(1, 3, 32, 32), out=(1, 3))
pooled("batch-4.onnx", shape=(4, 3, 32, 32), out=(4, 3))
pooled("float16.onnx", kind=T.FLOAT16, out_kind=T.FLOAT16)
pooled("float16-output.onnx", [node("Cast", ["q"], "y", to=10)], out_kind=T.FLOAT16, last="y")
pooled("nan.onnx", [node("Log", ["q"], "y")], last="y")
pooled("constant.onnx", [node("Mul", ["q", "z"], "y")], [N.from_array(np.zeros(1, np.float32), "z")], last="y")
noise = [node("RandomNormalLike", ["q"], "z"), node("Add", ["q", "z"], "y")]
pooled("noise.onnx", noise, shape=(1, 3, 32, 32), out=(1, 3), last="y")
mean = [node("ReduceMean", ["q"], "m", axes=[0], keepdims=1), node("Sub", ["q", "m"], "y")]
pooled("depends-on-batch.onnx", mean, last="y")
pooled("two-inputs.onnx", [node("Mul", ["q", "k"], "y")], inputs=[value("k", (1, 3))], last="y")
turned = [node("Transpose", ["q"], "y", perm=[1, 0])]
pooled("batch-last.onnx", turned, out=(3, "n"), last="y")
shape = [N.from_array(np.array([1, 3], np.int64), "s")]
save("reshape-to-1.onnx", [POOL, node("Reshape", ["p", "s"], "y")], [value("x", PICTURES)], [value("y", ("n", 3))], shape)
shape = [N.from_array(np.array([1, -1], np.int64), "s")]
save("folds-batch.onnx", [POOL, node("Reshape", ["p", "s"], "y")], [value("x", PICTURES)], [value("y", ("n", "d"))], shape)
save("squeezes.onnx", [POOL, node("Squeeze", ["p"], "y")], [value("x", PICTURES)], [value("y", None)])
nhwc = [node("Transpose", ["x"], "t", perm=[0, 3, 1, 2]), node("GlobalAveragePool", ["t"], "p"), FLAT]
save("channels-last.onnx", nhwc, [value("x", ("n", 32, 32, 3))], [value("q", ("n", 3))])
rows = [node("GlobalAveragePool", ["x"], "p"), node("Squeeze", ["p", "a"], "r"), node("Concat", ["r", "r"], "y", axis=2)]
axes = [N.from_array(np.array([3], np.int64), "a")]
save("tokens.onnx", rows, [value("x", PICTURES)], [value("y", ("n", 3, 2))], axes)
uint8 = [node("Cast", ["x"], "f", to=1), node("GlobalAveragePool", ["f"], "p"), FLAT]
save("uint8.onnx", uint8, [value("x", PICTURES, T.UINT8)], [value("q", ("n", 3))])
for seed, folder in enumerate(["beside-a", "beside-b"]):
    name = f"{folder}/model.onnx"
    data = os.path.join(FOLDER, folder, "model.onnx.data")
    if os.path.exists(data):
        os.remove(data)
    weights = N.from_array(np.random.default_rng(seed).normal(size=(3, 8)).astype(np.float32), "w")
    how = {"save_as_external_data": True, "location": "model.onnx.data", "size_threshold": 0}
    pooled(name, [node("MatMul", ["q", "w"], "y")], [weights], out=("n", 8), last="y", **how)
