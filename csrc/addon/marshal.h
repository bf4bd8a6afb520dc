// From JavaScript objects to kernel items, by the field lists of csrc/kernels.
#pragma once

#include <napi.h>

#include <string>

#include "core/program.h"

namespace lean::addon {

// Reading JavaScript values, with an Error for anything that is not what it should be. `what` names
// the value in messages.
Napi::Object read_object(Napi::Value value, const std::string& what);
Napi::Array read_array(Napi::Value value, const std::string& what);
std::string read_string(Napi::Value value, const std::string& what);
double read_number(Napi::Value value, const std::string& what);
// A non-negative integer up to 2^53 - 1.
size_t read_size(Napi::Value value, const std::string& what);
DType read_dtype(Napi::Value value, const std::string& what);

// The bytes of a typed array or an ArrayBuffer, or of nothing for null and undefined.
struct Bytes {
  void* data = nullptr;
  size_t length = 0;
};
Bytes read_bytes(Napi::Value value, const std::string& what);

// Memory that a backend's kernels can use: a typed array or an ArrayBuffer where that is the
// host's, elsewhere {ptr: BigInt, byteLength: number}; or nothing.
Bytes read_memory(Napi::Value value, const std::string& what, const Backend& backend);

// Such memory by its address, which must not be 0 unless it is of no bytes.
Bytes memory_at(uint64_t address, size_t bytes, const std::string& what);

// An address as a BigInt of up to 64 bits.
void* read_address(Napi::Value value, const std::string& what);

// Appends {kernel: string, items: object[]} to the program's last sequence.
void read_call(Napi::Value value, Program& program);

}  // namespace lean::addon
