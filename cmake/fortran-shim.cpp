// LAPACK is compiled Fortran, and of the Fortran runtime it needs one function: it joins option
// letters to look up a block size. Defined here, the runtime itself stays out: 150 KB, code that
// runs when the addon is loaded, and libquadmath's licence. (Its formatted output, which LAPACK's
// error reports would use, is unreachable: OpenBLAS has its own xerbla, and the linker drops it.)
#include <algorithm>
#include <cstddef>

extern "C" void _gfortran_concat_string(size_t length, char* to, size_t length_a, const char* a,
                                        size_t length_b, const char* b) {
  length_a = std::min(length_a, length);
  length_b = std::min(length_b, length - length_a);
  char* end = std::copy_n(b, length_b, std::copy_n(a, length_a, to));
  std::fill(end, to + length, ' ');
}
