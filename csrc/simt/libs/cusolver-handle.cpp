// Handles, streams and parameters of cuSOLVER.
#include "simt/libs/cusolver.h"

namespace lean::simt {
namespace {

int create(LibraryHandle** handle) {
  return library_call(kSolverCodes, [&] { *handle = create_handle(); });
}

int destroy(LibraryHandle* handle) {
  return library_call(kSolverCodes, [&] { destroy_handle(handle); });
}

int set_stream(LibraryHandle* handle, cudaStream_t stream) {
  return library_call(kSolverCodes, [&] { check_handle(handle).stream = stream; });
}

int get_stream(LibraryHandle* handle, cudaStream_t* stream) {
  return library_call(kSolverCodes, [&] { *stream = check_handle(handle).stream; });
}

// Everything is deterministic here.
int set_deterministic(LibraryHandle* handle, int) {
  return library_call(kSolverCodes, [&] { check_handle(handle); });
}

// Parameters choose among algorithms, of which there is one.
int create_parameters(void** parameters) {
  static char one;
  *parameters = &one;
  return kSolverSuccess;
}

int destroy_parameters(void*) { return kSolverSuccess; }

int set_advanced_options(void*, int, int) { return kSolverSuccess; }

int set_tolerance(void*, double) { return kSolverSuccess; }

int set_choice(void*, int) { return kSolverSuccess; }

int get_version(int* version) {
  *version = 12004;
  return kSolverSuccess;
}

const SolverEntry kCreate("cusolverDnCreate", create);
const SolverEntry kDestroy("cusolverDnDestroy", destroy);
const SolverEntry kSetStream("cusolverDnSetStream", set_stream);
const SolverEntry kGetStream("cusolverDnGetStream", get_stream);
const SolverEntry kDeterministic("cusolverDnSetDeterministicMode", set_deterministic);
const SolverEntry kCreateParams("cusolverDnCreateParams", create_parameters);
const SolverEntry kDestroyParams("cusolverDnDestroyParams", destroy_parameters);
const SolverEntry kAdvanced("cusolverDnSetAdvOptions", set_advanced_options);
const SolverEntry kCreateJacobi("cusolverDnCreateGesvdjInfo", create_parameters);
const SolverEntry kDestroyJacobi("cusolverDnDestroyGesvdjInfo", destroy_parameters);
const SolverEntry kTolerance("cusolverDnXgesvdjSetTolerance", set_tolerance);
const SolverEntry kSweeps("cusolverDnXgesvdjSetMaxSweeps", set_choice);
const SolverEntry kSorted("cusolverDnXgesvdjSetSortEig", set_choice);
const SolverEntry kVersion("cusolverGetVersion", get_version);

}  // namespace
}  // namespace lean::simt
