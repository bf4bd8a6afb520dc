#include "cuda/libs/cusolver.h"

namespace lean::cuda {
namespace {

// Of CUDA 13, and of 12 and 11.
constexpr const char* kFiles[] = {"libcusolver.so.12", "libcusolver.so.11"};

Cusolver load() {
  Cusolver found{Library("cuSOLVER", kFiles)};
  Library& library = found.library;
  library.find("cusolverDnCreate", found.create);
  library.find("cusolverDnDestroy", found.destroy);
  library.find("cusolverDnSetStream", found.set_stream);
  library.find("cusolverDnCreateParams", found.create_params);
  library.find("cusolverDnDestroyParams", found.destroy_params);
  library.find("cusolverDnXsyevdx_bufferSize", found.syevdx_size);
  library.find("cusolverDnXsyevdx", found.syevdx);
  library.find("cusolverDnXgesvd_bufferSize", found.gesvd_size);
  library.find("cusolverDnXgesvd", found.gesvd);
  library.find("cusolverDnXgesvdp_bufferSize", found.gesvdp_size);
  library.find("cusolverDnXgesvdp", found.gesvdp);
  library.find("cusolverDnXgesvdr_bufferSize", found.gesvdr_size);
  library.find("cusolverDnXgesvdr", found.gesvdr);
  return found;
}

}  // namespace

const Cusolver& cusolver() {
  static const auto& the = *new Cusolver(load());
  return the;
}

}  // namespace lean::cuda
