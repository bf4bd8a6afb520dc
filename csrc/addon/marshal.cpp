#include "addon/marshal.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace lean::addon {
namespace {

constexpr double kMaxSafeInteger = 9007199254740991.0;

[[noreturn]] void refuse(const std::string& what, const std::string& expected) {
  throw Error(kInvalidArg, what + " must be " + expected);
}

int64_t read_integer(Napi::Value value, const std::string& what) {
  const double number = read_number(value, what);
  if (std::trunc(number) != number || std::abs(number) > kMaxSafeInteger) {
    refuse(what, "a safe integer");
  }
  return static_cast<int64_t>(number);
}

template <size_t N>
int find_name(const std::string& text, const std::string_view (&names)[N]) {
  for (size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<int>(i);
  }
  return -1;
}

constexpr std::string_view kPlaceNames[] = {"external", "state", "workspace", "hyper"};

// {place, slot?, offset?, dtype, shape}
void read_tensor(Napi::Value value, const std::string& what, bool may_be_absent, Tensor& tensor,
                 Program& program) {
  const Napi::Object object = read_object(value, what);
  tensor.dtype = read_dtype(object["dtype"], what + ".dtype");
  const Napi::Array shape = read_array(object["shape"], what + ".shape");
  if (shape.Length() == 0 || shape.Length() > Tensor::kMaxDims) {
    refuse(what + ".shape", "of 1 to 4 dimensions");
  }
  tensor.ndim = static_cast<int32_t>(shape.Length());
  tensor.shape[0] = tensor.shape[1] = 1;
  double numel = 1;
  for (uint32_t i = 0; i < shape.Length(); ++i) {
    const size_t extent = read_size(shape[i], what + ".shape");
    numel *= std::max(static_cast<double>(extent), 1.0);
    if (numel > kMaxSafeInteger / 8) refuse(what + ".shape", "of fewer elements");
    const bool is_row = i == 0 && shape.Length() > 1;
    tensor.shape[is_row ? 0 : 1] *= static_cast<int64_t>(extent);
  }
  const std::string name = read_string(object["place"], what + ".place");
  const int place = find_name(name, kPlaceNames);
  if (place < 0) refuse(what + ".place", "external, state, workspace or hyper");
  const Napi::Value slot = object["slot"];
  const Napi::Value offset = object["offset"];
  program.place(tensor, static_cast<Place>(place),
                slot.IsUndefined() ? 0 : read_size(slot, what + ".slot"),
                offset.IsUndefined() ? 0 : read_size(offset, what + ".offset"), may_be_absent);
}

void read_choice(Napi::Value value, const std::string& what, const FieldInfo& field, void* member) {
  const std::string text = read_string(value, what);
  for (size_t i = 0; i < field.names.size(); ++i) {
    if (field.names[i] == text) {
      *static_cast<int32_t*>(member) = static_cast<int32_t>(i);
      return;
    }
  }
  std::string expected = "one of";
  for (const auto& name : field.names) expected += " " + std::string(name);
  refuse(what, expected);
}

void read_field(Napi::Value value, const std::string& what, const FieldInfo& field, void* member,
                Program& program) {
  const bool absent = value.IsUndefined() || value.IsNull();
  switch (field.type) {
    case FieldType::tensor:
      if (absent && !field.optional) refuse(what, "given");
      if (!absent) {
        read_tensor(value, what, field.is_gradient(), *static_cast<Tensor*>(member), program);
      }
      return;
    case FieldType::real:
      if (!absent) *static_cast<double*>(member) = read_number(value, what);
      return;
    case FieldType::integer:
      if (!absent) *static_cast<int64_t*>(member) = read_integer(value, what);
      return;
    case FieldType::boolean:
      if (absent) return;
      if (!value.IsBoolean()) refuse(what, "a boolean");
      *static_cast<bool*>(member) = value.As<Napi::Boolean>();
      return;
    case FieldType::choice:
      if (!absent) read_choice(value, what, field, member);
      return;
  }
}

void require_known(const Napi::Object& object, const KernelInfo& info, const std::string& what) {
  const Napi::Array names = object.GetPropertyNames();
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = read_string(names[i], what);
    bool known = false;
    for (const FieldInfo& field : info.fields) known = known || field.name == name;
    if (!known) throw Error(kInvalidArg, what + " has no field " + name);
  }
}

}  // namespace

Napi::Object read_object(Napi::Value value, const std::string& what) {
  if (!value.IsObject()) refuse(what, "an object");
  return value.As<Napi::Object>();
}

Napi::Array read_array(Napi::Value value, const std::string& what) {
  if (!value.IsArray()) refuse(what, "an array");
  return value.As<Napi::Array>();
}

std::string read_string(Napi::Value value, const std::string& what) {
  if (!value.IsString()) refuse(what, "a string");
  return value.As<Napi::String>();
}

double read_number(Napi::Value value, const std::string& what) {
  if (!value.IsNumber()) refuse(what, "a number");
  return value.As<Napi::Number>().DoubleValue();
}

size_t read_size(Napi::Value value, const std::string& what) {
  const double number = read_number(value, what);
  if (!(number >= 0) || number > kMaxSafeInteger || std::trunc(number) != number) {
    refuse(what, "a non-negative integer");
  }
  return static_cast<size_t>(number);
}

DType read_dtype(Napi::Value value, const std::string& what) {
  const int dtype = find_name(read_string(value, what), kDTypeNames);
  if (dtype < 0) refuse(what, "the name of a dtype");
  return static_cast<DType>(dtype);
}

namespace {

// An empty array's memory may be at null, which would mean that there is no array.
Bytes present(void* data, size_t length) {
  static double nothing = 0;
  return {data == nullptr ? &nothing : data, length};
}

}  // namespace

Bytes read_bytes(Napi::Value value, const std::string& what) {
  if (value.IsNull() || value.IsUndefined()) return {};
  if (value.IsTypedArray()) {
    const Napi::TypedArray array = value.As<Napi::TypedArray>();
    void* data = nullptr;
    napi_get_typedarray_info(value.Env(), value, nullptr, nullptr, &data, nullptr, nullptr);
    return present(data, array.ByteLength());
  }
  if (value.IsArrayBuffer()) {
    Napi::ArrayBuffer buffer = value.As<Napi::ArrayBuffer>();
    return present(buffer.Data(), buffer.ByteLength());
  }
  refuse(what, "a typed array or an ArrayBuffer");
}

void* read_address(Napi::Value value, const std::string& what) {
  if (!value.IsBigInt()) refuse(what, "a BigInt");
  bool lossless = false;
  const uint64_t address = value.As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless || address > UINTPTR_MAX) refuse(what, "an address of 64 bits");
  return reinterpret_cast<void*>(static_cast<uintptr_t>(address));
}

Bytes read_memory(Napi::Value value, const std::string& what, const Backend& backend) {
  if (backend.is_host()) return read_bytes(value, what);
  if (value.IsNull() || value.IsUndefined()) return {};
  const std::string expected =
      "memory of the device " + std::string(backend.name()) + ": {ptr, byteLength}";
  if (!value.IsObject() || value.IsTypedArray() || value.IsArrayBuffer()) refuse(what, expected);
  const Napi::Object object = value.As<Napi::Object>();
  if (!object.Get("ptr").IsBigInt()) refuse(what, expected);
  void* address = read_address(object["ptr"], what + ".ptr");
  const size_t bytes = read_size(object["byteLength"], what + ".byteLength");
  return memory_at(reinterpret_cast<uintptr_t>(address), bytes, what + ".ptr");
}

Bytes memory_at(uint64_t address, size_t bytes, const std::string& what) {
  if (bytes == 0) return present(nullptr, 0);
  if (address == 0) refuse(what, "an address other than 0");
  return {reinterpret_cast<void*>(static_cast<uintptr_t>(address)), bytes};
}

void read_call(Napi::Value value, Program& program) {
  const Napi::Object call = read_object(value, "call");
  const std::string name = read_string(call["kernel"], "call.kernel");
  const KernelInfo* info = find_kernel(name);
  if (info == nullptr) throw Error("ERR_LEAN_UNKNOWN_NAME", "no kernel is called " + name);
  const Napi::Array items = read_array(call["items"], "call.items");
  std::byte* item = program.add_call(*info, items.Length());
  for (uint32_t i = 0; i < items.Length(); ++i, item += info->item_size) {
    const std::string what = name + "[" + std::to_string(i) + "]";
    const Napi::Object object = read_object(items[i], what);
    require_known(object, *info, what);
    for (const FieldInfo& field : info->fields) {
      const std::string key(field.name);
      read_field(object[key], what + "." + key, field, item + field.offset, program);
    }
  }
}

}  // namespace lean::addon
