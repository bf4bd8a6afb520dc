// The results of a product on their way to its epilogue (epilogue.cuh): a warp has 32 x 64 of them
// in registers, and hands over 16 rows at a time by way of shared memory, so that each lane gets
// octets, all lanes of a warp those that follow each other, and the epilogue's code is there once.
#pragma once

#include "cuda/device/epilogue.cuh"
#include "cuda/device/operand.cuh"
#include "cuda/device/row-octets.cuh"

namespace lean::cuda {

class WarpResults {
 public:
  static constexpr int kWarpRows = 32;
  static constexpr int kWarpCols = 64;
  static constexpr int kWarpsAcross = Product::kTile / kWarpCols;
  static constexpr int kRows = 16;  // at a time
  static constexpr int kParts = kWarpRows / kRows;

  __device__ static int warp() { return threadIdx.x / kWarp; }
  __device__ static int lane() { return threadIdx.x % kWarp; }

  // Where in a tile the warp's results begin.
  __device__ static int first_row() { return warp() / kWarpsAcross * kWarpRows; }
  __device__ static int first_col() { return warp() % kWarpsAcross * kWarpCols; }

  // Of as many neighbours in a row as share a float4.
  template <class Epilogue>
  __device__ float* at(int row, int col) {
    return results_ + row * kPitch + swapped<Epilogue>(row, col);
  }

  // Calls put(part) to have rows [16 part, 16 part + 16) put into at(0 ... 15, 0 ... 63) of the
  // warp's results, and hands these over.
  template <class Put, class Epilogue>
  __device__ __forceinline__ void visit(const Product& product, Corner corner, Put put,
                                        const Epilogue& epilogue) {
    Corner own = {corner.row + first_row(), corner.col + first_col()};
#pragma unroll 1
    for (int part = 0; part < kParts; ++part) {
      put(part);
      __syncwarp();
      visit_octets(product, own, epilogue);
      if constexpr (Mirroring<Epilogue>) {
        if (epilogue.mirrors()) visit_mirrored(product, own, epilogue);
      }
      __syncwarp();
      own.row += kRows;
    }
  }

 private:
  static constexpr int kPitch = kWarpCols + 8;

  // The second half of a row has the halves of its octets swapped, so that no two lanes meet in a
  // bank; and the second eight rows the quarters of theirs, where columns are read as well.
  template <class Epilogue>
  __device__ static int swapped(int row, int col) {
    return col ^ (col / 32 % 2 * 4) ^ (Mirroring<Epilogue> ? row / 8 % 2 * 16 : 0);
  }

  template <class Epilogue>
  __device__ __forceinline__ void visit_octets(const Product& product, Corner own,
                                               const Epilogue& epilogue) {
    constexpr int kAcross = kWarpCols / kOctet;
    constexpr int kTurns = kRows * kAcross / kWarp;
    static_assert(2 * kRows == kWarp);
    const int cols = product.cols();
    const bool ragged = is_ragged(cols);
    const bool whole = is_paired(cols);
    const int lane_row = lane() / kAcross;
    const int lane_col = lane() % kAcross * kOctet;
    const int left = cols - own.col - lane_col;
    // Rows of an odd width: their whole aligned octets, then what these leave at both ends.
    const int turns = ragged ? kTurns + 1 : kTurns;
#pragma unroll 1
    for (int i = 0; i < turns; ++i) {
      int row = i * (kWarp / kAcross) + lane_row;
      int col = lane_col;
      int count = min(left, kOctet);
      if (ragged) {
        const bool of_ends = i == kTurns;
        if (of_ends) row = lane() / 2;
        const int head = head_of(own.row + row, cols);
        col += head;
        count = col > kWarpCols - kOctet ? 0 : kOctet;
        if (of_ends) {
          col = lane() % 2 == 0 ? 0 : kWarpCols - kOctet + head;
          count = head == 0 ? 0 : lane() % 2 == 0 ? head : kOctet - head;
        }
        count = min(count, cols - own.col - col);
      }
      const bool inside = own.row + row < product.rows() && count > 0;
      const bool some = whole && __any_sync(0xffffffffu, inside);
      if (!inside && !some) continue;
      Octet octet;
      if (ragged) {
#pragma unroll
        for (int k = 0; k < kOctet; ++k) {
          octet.x[k] = {k < count ? *at<Epilogue>(row, col + k) : 0};
        }
      } else {
        const float4 low = *reinterpret_cast<const float4*>(at<Epilogue>(row, col));
        const float4 high = *reinterpret_cast<const float4*>(at<Epilogue>(row, col + 4));
        octet = {{{low.x}, {low.y}, {low.z}, {low.w}, {high.x}, {high.y}, {high.z}, {high.w}}};
      }
      epilogue(min(own.row + row, product.rows() - 1), own.col + col, inside ? count : 0, whole,
               octet);
    }
  }

  // The same, transposed. Two lanes have the octets of a column that follow each other.
  template <class Epilogue>
  __device__ __forceinline__ void visit_mirrored(const Product& product, Corner own,
                                                 const Epilogue& epilogue) {
    constexpr int kAcross = kRows / kOctet;
    constexpr int kCols = kWarp / kAcross;
    const bool whole = is_paired(product.rows());
#pragma unroll 1
    for (int i = 0; i < kWarpCols / kCols; ++i) {
      const int col = i * kCols + lane() / kAcross;
      const int row = lane() % kAcross * kOctet;
      Octet octet;
#pragma unroll
      for (int k = 0; k < kOctet; ++k) octet.x[k] = {*at<Epilogue>(row + k, col)};
      const int left = product.rows() - (own.row + row);
      const bool inside = own.col + col < product.cols() && left > 0;
      if (inside || whole) {
        epilogue(min(own.col + col, product.cols() - 1), own.row + row,
                 inside ? min(left, kOctet) : 0, whole, octet);
      }
    }
  }

  float results_[kRows * kPitch];
};

// What a block's results take of shared memory.
struct TileResults {
  WarpResults of_warp[kWarps];
  float lines[Product::kTile];  // the epilogue's own

  // As WarpResults::visit(), with the warp's results for put(results, part). By all threads.
  template <class Put, class Epilogue>
  __device__ __forceinline__ void hand_over(const Product& product, Corner corner, Put put,
                                            Epilogue& epilogue) {
    begin(epilogue, lines);
    WarpResults& results = of_warp[WarpResults::warp()];
    results.visit(
        product, corner, [&](int part) { put(results, part); }, epilogue);
  }
};

}  // namespace lean::cuda
