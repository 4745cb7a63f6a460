"""A .tflite file as the plain values of TensorFlow's own schema reader, and a file with one of everything."""

from __future__ import annotations

from typing import Any

import flatbuffers
import numpy as np
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema


def tree_of(data: bytes) -> Any:
    """Every field of the file, as dicts, lists and numbers."""
    return _plain(schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(data, 0)))


def with_one_of_everything(data: bytes) -> bytes:
    """The file with a description, names, a signature and metadata, written by the schema's code."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(data, 0))
    model.description = "made elsewhere"
    model.buffers.append(_buffer(b"1.14.0"))
    model.metadata = [_metadata("min_runtime_version", len(model.buffers) - 1), *(model.metadata or [])]
    subgraph = model.subgraphs[0]
    subgraph.name = "main"
    subgraph.debugMetadataIndex = 7
    signature = schema.SignatureDefT()
    signature.signatureKey = "serving_default"
    signature.inputs = [_named("image", int(subgraph.inputs[0]))]
    signature.outputs = [_named("scores", int(subgraph.outputs[0]))]
    model.signatureDefs = [signature]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _named(name: str, tensor: int) -> Any:
    entry = schema.TensorMapT()
    entry.name = name
    entry.tensorIndex = tensor
    return entry


def _buffer(data: bytes) -> Any:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(data, dtype=np.uint8)
    return buffer


def _metadata(name: str, buffer: int) -> Any:
    metadata = schema.MetadataT()
    metadata.name = name
    metadata.buffer = buffer
    return metadata


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if hasattr(value, "__dict__"):
        return {name: _plain(field) for name, field in vars(value).items()}
    return value
