// Chooses lines of a matrix by a number that each has.
#pragma once

#include <cstdint>

namespace lean::cpu {

// index <- the `count` of n lines with the largest norms or the smallest keys, ascending by line
// number; among equals the smaller line number wins. `order` is scratch memory for n numbers.
void select_largest(const double* norms, int64_t n, int64_t count, int32_t* order, int32_t* index);
void select_smallest(const uint64_t* keys, int64_t n, int64_t count, int32_t* order,
                     int32_t* index);

// Whether `count` line numbers, in any order, are of n lines and each another one. `sorted` is
// scratch memory for `count` numbers.
bool are_distinct(const int32_t* index, int64_t count, int64_t n, int32_t* sorted);

}  // namespace lean::cpu
