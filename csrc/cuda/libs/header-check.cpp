// Compares our prototypes with those of NVIDIA's headers, where the build finds them. Nothing of it
// is left in the binary.
#if __has_include(<cublas_v2.h>) && __has_include(<cusolverDn.h>)

#include <cublas_v2.h>
#include <cusolverDn.h>

#include <type_traits>

#include "cuda/libs/cublas.h"
#include "cuda/libs/cusolver.h"

namespace lean::cuda {
namespace {

// What is passed in the same way and means the same: the same type, our int for an enumeration, our
// void* for a handle.
template <class Ours, class Theirs>
constexpr bool is_same =
    std::is_same_v<Ours, Theirs> ||
    (std::is_same_v<Ours, int> && std::is_enum_v<Theirs> && sizeof(Theirs) == sizeof(int));
template <class Theirs>
constexpr bool is_same<void*, Theirs*> = std::is_void_v<Theirs> || std::is_class_v<Theirs>;
template <class Theirs>
constexpr bool is_same<void**, Theirs**> = std::is_class_v<Theirs>;

template <class Ours, class Theirs>
struct Compare;
template <class OurResult, class... Ours, class Result, class... Theirs>
struct Compare<OurResult (*)(Ours...), Result (*)(Theirs...)> {
  static constexpr bool arguments() {
    if constexpr (sizeof...(Ours) == sizeof...(Theirs)) return (is_same<Ours, Theirs> && ...);
    return false;
  }
  static constexpr bool value = is_same<OurResult, Result> && arguments();
};

#define LEAN_SAME(ours, theirs) \
  static_assert(Compare<decltype(ours), decltype(&theirs)>::value, #theirs)

LEAN_SAME(Cublas::create, cublasCreate_v2);
LEAN_SAME(Cublas::destroy, cublasDestroy_v2);
LEAN_SAME(Cublas::set_stream, cublasSetStream_v2);
LEAN_SAME(Cublas::dsyrk, cublasDsyrk_v2);
static_assert(kBlasPlain == CUBLAS_OP_N && kBlasTransposed == CUBLAS_OP_T);
static_assert(kBlasLower == CUBLAS_FILL_MODE_LOWER && kBlasUpper == CUBLAS_FILL_MODE_UPPER);

LEAN_SAME(Cusolver::create, cusolverDnCreate);
LEAN_SAME(Cusolver::destroy, cusolverDnDestroy);
LEAN_SAME(Cusolver::set_stream, cusolverDnSetStream);
LEAN_SAME(Cusolver::create_params, cusolverDnCreateParams);
LEAN_SAME(Cusolver::destroy_params, cusolverDnDestroyParams);
LEAN_SAME(Cusolver::syevdx_size, cusolverDnXsyevdx_bufferSize);
LEAN_SAME(Cusolver::syevdx, cusolverDnXsyevdx);
LEAN_SAME(Cusolver::gesvd_size, cusolverDnXgesvd_bufferSize);
LEAN_SAME(Cusolver::gesvd, cusolverDnXgesvd);
LEAN_SAME(Cusolver::gesvdp_size, cusolverDnXgesvdp_bufferSize);
LEAN_SAME(Cusolver::gesvdp, cusolverDnXgesvdp);
LEAN_SAME(Cusolver::gesvdr_size, cusolverDnXgesvdr_bufferSize);
LEAN_SAME(Cusolver::gesvdr, cusolverDnXgesvdr);
static_assert(kSolverVectors == CUSOLVER_EIG_MODE_VECTOR);
static_assert(kSolverRangeByIndex == CUSOLVER_EIG_RANGE_I);

}  // namespace
}  // namespace lean::cuda

#endif
