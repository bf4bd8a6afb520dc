#include "simt/runtime/context.h"

#include "simt/runtime/graph.h"
#include "simt/runtime/stream.h"

namespace lean::simt {
namespace {

// Never destroyed: objects of static storage may hold handles.
std::unique_ptr<Context>& slot() {
  static auto& the = *new std::unique_ptr<Context>;
  return the;
}

}  // namespace

Context& context() {
  if (!slot()) {
    slot() = std::make_unique<Context>();
    slot()->legacy = std::make_shared<Stream>();
    slot()->legacy->legacy = true;
  }
  return *slot();
}

void reset_context() {
  if (slot()) slot()->work.drop_all();
  slot().reset();
}

}  // namespace lean::simt
