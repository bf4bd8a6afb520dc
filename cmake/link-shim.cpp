// What code compiled against a new glibc or libstdc++ refers to and an old one lacks: see
// scripts/link-stubs.cjs. All of it is hidden, so nothing else in the process sees it.

#include <new>

// std::shared_ptr asks this whether it may count without atomics. Never: this process has threads.
extern "C" {
char __libc_single_threaded = 0;
}

namespace std {
void __throw_bad_array_new_length() { throw std::bad_array_new_length(); }
}  // namespace std
