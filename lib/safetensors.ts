/**
 * The safetensors file format (github.com/huggingface/safetensors): 8 bytes with the length of the
 * header, little-endian; the header, a JSON object from names to `{dtype, shape, data_offsets}`,
 * with `__metadata__` for strings; the tensors' bytes, without gaps, little-endian, by rows.
 */

export {
  elementBytes,
  type SafetensorsDtype,
  type SafetensorsHeader,
  type TensorEntry,
  typedArray,
} from "./safetensors/format.js";
export { parseHeader } from "./safetensors/header.js";
export { SafetensorsReader } from "./safetensors/reader.js";
export {
  serializeSafetensors,
  type TensorSource,
  writeSafetensors,
} from "./safetensors/writer.js";
