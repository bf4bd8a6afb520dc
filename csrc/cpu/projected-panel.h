// Panels of a projected weight, shared by the steps whose moments live in a subspace: whole rows
// (right) or columns (left) of the weight, with the part of the projection that belongs to them. A
// panel's gradient is projected at once; what is projected back comes block by block, in scratch
// memory, and is used there.
#pragma once

#include "cpu/moment-sums.h"
#include "cpu/panels.h"
#include "cpu/product.h"

namespace lean::cpu::LEAN_ISA {

// There is no coupled decay in a projected gradient.
template <class Item>
StepScalars projected_scalars(const Item& item) {
  StepScalars s = scalars_of(item);
  s.l2 = 0;
  return s;
}

template <class Item>
Panels panels_of(const Item& item) {
  const bool right = item.side == Side::right;
  return Panels::of(right ? item.param.rows() : item.param.cols(), item.basis.cols());
}

template <class Item>
bool is_stepped(const Item& item) {
  return item.grad && scalars_of(item).active != 0 && item.param.numel() > 0;
}

template <class Item>
struct ProjectedPanel {
  Item item;
  Range lines;
  StepScalars s = projected_scalars(item);
  int64_t rank = item.basis.cols();
  // Of the other dimension, how much makes a block: as much of the basis as a second-level cache
  // holds beside it.
  int64_t block = clamp((128 << 10) / rank, 64, 512);
  Block<float> projection{};  // lines x rank (right) or rank x lines
  float* back = nullptr;      // a block that is projected back
  float* product = nullptr;

  bool right() const { return item.side == Side::right; }
  int64_t rows() const { return item.param.rows(); }
  int64_t cols() const { return item.param.cols(); }
  int64_t projected() const { return item.basis.rows(); }

  // Scratch memory for products, a projection and a block, and `more` floats behind them.
  float* take_scratch(Context& context, int worker, int64_t more = 0) {
    const int64_t sizes[] = {lines.size() * rank, lines.size() * block};
    product = product_memory(context, worker, sizes[0] + sizes[1] + more);
    projection = {product + kProductScratch, right() ? rank : lines.size()};
    back = projection.data + sizes[0];
    return back + sizes[1];
  }

  // The panel's part of a matrix of the projection's shape.
  template <class T>
  Block<T> part_of(T* whole) const {
    return right() ? Block<T>{whole + lines.begin * rank, rank}
                   : Block<T>{whole + lines.begin, cols()};
  }

  // Calls body(block) for one block of the projected dimension after another.
  template <class Body>
  void for_each_block(Body body) const {
    for (int64_t begin = 0; begin < projected(); begin += block) {
      body(Range{begin, clamp(begin + block, 0, projected())});
    }
  }
};

// projection <- G B, or B^T G.
template <class Item>
void project(const ProjectedPanel<Item>& p) {
  dispatch_weight(p.item.grad.dtype, [&]<class G>() {
    dispatch_state(p.item.basis.dtype, [&]<class B>() {
      const Block<const G> grad{p.item.grad.template as<G>(), p.cols()};
      const Block<const B> basis{p.item.basis.template as<B>(), p.rank};
      if (p.right()) {
        multiply(Op::plain, Op::plain, p.lines.size(), p.rank, p.cols(), p.s.grad_factor,
                 grad.at(p.lines.begin, 0), basis, p.projection, p.product);
      } else {
        multiply(Op::transposed, Op::plain, p.rank, p.lines.size(), p.rows(), p.s.grad_factor,
                 basis, grad.at(0, p.lines.begin), p.projection, p.product);
      }
    });
  });
}

// back <- projection B^T (lines x block), or B projection (block x lines).
template <class Item>
void project_back(const ProjectedPanel<Item>& p, Range block) {
  dispatch_state(p.item.basis.dtype, [&]<class B>() {
    const auto basis = Block<const B>{p.item.basis.template as<B>(), p.rank}.at(block.begin, 0);
    const int64_t lines = p.lines.size();
    const Block<const float> projection{p.projection.data, p.projection.ld};
    if (p.right()) {
      multiply(Op::plain, Op::transposed, lines, block.size(), p.rank, 1, projection, basis,
               {p.back, block.size()}, p.product);
    } else {
      multiply(Op::plain, Op::plain, block.size(), lines, p.rank, 1, basis, projection,
               {p.back, lines}, p.product);
    }
  });
}

}  // namespace lean::cpu::LEAN_ISA
