// Field lists: a kernel's item struct names its members once, and marshalling, documentation and
// tests read them from there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/tensor.h"

namespace lean {

enum class FieldType : int32_t { tensor, real, integer, boolean, choice };

inline constexpr std::string_view kFieldTypeNames[] = {"tensor", "real", "integer", "boolean",
                                                       "choice"};

struct FieldInfo {
  std::string_view name;
  FieldType type;
  size_t offset;
  bool optional;                            // a tensor that may be absent
  std::span<const std::string_view> names;  // of a choice, in the order of its enumerators

  // The one tensor that may come and go between runs: without a gradient a parameter is left alone.
  bool is_gradient() const { return name == "grad"; }
};

// An enum is a choice when `choice_names(E)` can be found: the strings its users write.
template <class E>
concept Choice = std::is_enum_v<E> && requires(E e) { choice_names(e); };

template <class Item, class Member>
struct Field {
  std::string_view name;
  Member Item::*member;
  bool optional;
};

template <class Item, class Member>
constexpr Field<Item, Member> field(std::string_view name, Member Item::*member) {
  return {name, member, false};
}

template <class Item>
constexpr Field<Item, Tensor> optional_field(std::string_view name, Tensor Item::*member) {
  return {name, member, true};
}

template <class Item, class Member>
FieldInfo field_info(const Field<Item, Member>& f) {
  static const Item probe{};
  const auto offset = static_cast<size_t>(reinterpret_cast<const std::byte*>(&(probe.*f.member)) -
                                          reinterpret_cast<const std::byte*>(&probe));
  FieldInfo info{f.name, FieldType::real, offset, f.optional, {}};
  if constexpr (std::is_same_v<Member, Tensor>) {
    info.type = FieldType::tensor;
  } else if constexpr (std::is_same_v<Member, double>) {
    info.type = FieldType::real;
  } else if constexpr (std::is_same_v<Member, int64_t>) {
    info.type = FieldType::integer;
  } else if constexpr (std::is_same_v<Member, bool>) {
    info.type = FieldType::boolean;
  } else {
    static_assert(Choice<Member>, "a field is a Tensor, double, int64_t, bool or a choice");
    info.type = FieldType::choice;
    info.names = choice_names(Member{});
  }
  return info;
}

}  // namespace lean
