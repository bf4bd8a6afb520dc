#include "cuda/libs/cublas.h"

namespace lean::cuda {
namespace {

// Of CUDA 13, 12 and 11.
constexpr const char* kFiles[] = {"libcublas.so.13", "libcublas.so.12", "libcublas.so.11"};

Cublas load() {
  Cublas found{Library("cuBLAS", kFiles)};
  Library& library = found.library;
  library.find("cublasCreate_v2", found.create);
  library.find("cublasDestroy_v2", found.destroy);
  library.find("cublasSetStream_v2", found.set_stream);
  library.find("cublasDsyrk_v2", found.dsyrk);
  return found;
}

}  // namespace

const Cublas& cublas() {
  static const auto& the = *new Cublas(load());
  return the;
}

}  // namespace lean::cuda
