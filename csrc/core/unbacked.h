// A device's programs without memory: what a program would take, for models of any size.
#pragma once

#include "core/backend.h"

namespace lean {

// A backend whose memory is addresses alone. Programs on it are checked and recorded as on
// `backend` and tell their workspace and launches; they refuse to run.
Backend& unbacked(Backend& backend);

}  // namespace lean
