// A library of NVIDIA's that is not linked but opened when it is first needed, since most that this
// addon does needs none. Whatever goes wrong is kept as text, for `info` and for who needs it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lean::cuda {

class Library {
 public:
  // Looks for the file names, newest first, each in
  //   the folder $LEAN_OPTIM_CUDA_LIBS and nowhere else, if that is set; otherwise
  //   where the loader looks (and what the process has loaded already), $CUDA_HOME, $CUDA_PATH,
  //   /usr/local/cuda, and what pip installs below $VIRTUAL_ENV and $CONDA_PREFIX.
  Library(std::string_view title, std::span<const char* const> files);

  std::string_view title() const { return title_; }
  // The name that it was opened by; empty: it could not be used.
  const std::string& file() const { return file_; }
  // Why it could not: a line for every file that was tried.
  const std::string& failure() const { return failure_; }

  // Sets a function; one that is not there makes the library one of a wrong version, of no use.
  template <class Function>
  void find(const char* name, Function*& function) {
    function = reinterpret_cast<Function*>(address_of(name));
  }

 private:
  void* address_of(const char* name);

  std::string_view title_;
  void* handle_ = nullptr;  // never closed
  std::string file_;
  std::string failure_;
};

// Throws Error(ERR_LEAN_UNSUPPORTED), which says what to install, unless they are all there.
// `user` begins the message: "svd".
void require_libraries(std::string_view user, std::span<const Library* const> libraries);

}  // namespace lean::cuda
