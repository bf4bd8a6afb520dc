#include "simt/instructions/compare.h"

#include <utility>

namespace lean::simt {
namespace {

template <Compare compare, class T, bool ftz>
Mask compare_lanes(const Warp& warp, Column a, Column b, int) {
  Lanes<Cell<T>> scratch[2];
  const Cell<T>* x = cells<T>(warp, a, scratch[0]);
  const Cell<T>* y = cells<T>(warp, b, scratch[1]);
  Mask bits = 0;
  for (int i = 0; i < kLanes; ++i) {
    const bool result =
        holds<compare>(comparable<ftz>(from_cell<T>(x[i])), comparable<ftz>(from_cell<T>(y[i])));
    bits |= Mask{result} << i;
  }
  return bits;
}

template <Compare compare, class H, bool ftz>
Mask compare_halves(const Warp& warp, Column a, Column b, int shift) {
  const Lanes<uint32_t> x = read<uint32_t>(warp, a);
  const Lanes<uint32_t> y = read<uint32_t>(warp, b);
  Mask bits = 0;
  for (int i = 0; i < kLanes; ++i) {
    const float left = comparable<ftz>(H{static_cast<uint16_t>(x[i] >> shift)});
    const float right = comparable<ftz>(H{static_cast<uint16_t>(y[i] >> shift)});
    bits |= Mask{holds<compare>(left, right)} << i;
  }
  return bits;
}

// A function for each comparison, in the order of the enumeration.
template <class T, bool ftz, bool halves, size_t... k>
CompareLanes at(Compare compare, std::index_sequence<k...>) {
  if constexpr (halves) {
    static constexpr CompareLanes kTable[] = {compare_halves<static_cast<Compare>(k), T, ftz>...};
    return kTable[static_cast<size_t>(compare)];
  } else {
    static constexpr CompareLanes kTable[] = {compare_lanes<static_cast<Compare>(k), T, ftz>...};
    return kTable[static_cast<size_t>(compare)];
  }
}

template <class T>
CompareLanes integer(Compare compare) {
  if (compare > Compare::ge) return nullptr;
  return at<T, false, false>(compare, std::make_index_sequence<6>());
}

template <class T, bool ftz = false, bool halves = false>
CompareLanes number(Compare compare) {
  return at<T, ftz, halves>(compare, std::make_index_sequence<14>());
}

CompareLanes choose(const ComparisonForm& form, Type type) {
  const Compare c = form.compare;
  if (form.ftz && type != Type::f32 && type != Type::f16 && type != Type::f16x2) return nullptr;
  if (form.is_unsigned_name && !is_unsigned(type)) return nullptr;
  if (is_bits(type) && c > Compare::ne) return nullptr;
  switch (type) {
    case Type::b16:
    case Type::u16:
      return integer<uint16_t>(c);
    case Type::b32:
    case Type::u32:
      return integer<uint32_t>(c);
    case Type::b64:
    case Type::u64:
      return integer<uint64_t>(c);
    case Type::s16:
      return integer<int16_t>(c);
    case Type::s32:
      return integer<int32_t>(c);
    case Type::s64:
      return integer<int64_t>(c);
    case Type::f32:
      return form.ftz ? number<float, true>(c) : number<float>(c);
    case Type::f64:
      return number<double>(c);
    case Type::f16:
      return form.ftz ? number<F16, true>(c) : number<F16>(c);
    case Type::bf16:
      return number<Bf16>(c);
    case Type::f16x2:
      return form.ftz ? number<F16, true, true>(c) : number<F16, false, true>(c);
    case Type::bf16x2:
      return number<Bf16, false, true>(c);
    default:
      return nullptr;
  }
}

}  // namespace

Mask Comparison::combined(Mask result, Mask c) const {
  switch (combine) {
    case Combine::none:
      return result;
    case Combine::with_and:
      return result & c;
    case Combine::with_or:
      return result | c;
    case Combine::with_xor:
      return result ^ c;
  }
  return result;
}

std::optional<ComparisonForm> take_comparison(Modifiers& modifiers) {
  constexpr std::string_view kNames[] = {"eq",  "ne",  "lt",  "le",  "gt",  "ge",  "equ",
                                         "neu", "ltu", "leu", "gtu", "geu", "num", "nan"};
  constexpr std::string_view kUnsigned[] = {"lo", "ls", "hi", "hs"};  // lt, le, gt, ge
  ComparisonForm form;
  const std::string_view name = modifiers.take_next();
  bool known = false;
  for (size_t k = 0; k < std::size(kNames); ++k) {
    if (kNames[k] != name) continue;
    form.compare = static_cast<Compare>(k);
    known = true;
  }
  for (size_t k = 0; k < std::size(kUnsigned); ++k) {
    if (kUnsigned[k] != name) continue;
    form.compare = static_cast<Compare>(static_cast<size_t>(Compare::lt) + k);
    form.is_unsigned_name = true;
    known = true;
  }
  if (!known) return std::nullopt;
  if (modifiers.take("and")) form.combine = Comparison::Combine::with_and;
  if (modifiers.take("or")) form.combine = Comparison::Combine::with_or;
  if (modifiers.take("xor")) form.combine = Comparison::Combine::with_xor;
  form.ftz = modifiers.take("ftz");
  return form;
}

bool choose_lanes(const ComparisonForm& form, Type type, Comparison& comparison) {
  comparison.lanes = choose(form, type);
  comparison.pair = type == Type::f16x2 || type == Type::bf16x2;
  comparison.combine = form.combine;
  return comparison.lanes != nullptr;
}

}  // namespace lean::simt
