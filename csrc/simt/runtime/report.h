// What went wrong, in words: for people on stderr, for tests as strings.
#pragma once

#include <functional>
#include <string>

namespace lean::simt {

// Of the last fault of a kernel or of stream-ordered work. Empty after cudaDeviceReset().
std::string last_fault_report();

// Why the last call of this thread that failed did so; cudaError_t alone seldom says it.
std::string last_error_message();

// Called with each report instead of printing it. An empty function restores printing.
void set_fault_handler(std::function<void(const std::string&)> handler);

// A report that changes no state: printed or given to the handler, and kept.
void report(const std::string& text);

}  // namespace lean::simt
