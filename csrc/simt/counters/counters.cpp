#include "simt/counters/counters.h"

#include <algorithm>
#include <sstream>

namespace lean::simt {
namespace {

bool same(const Dim& a, const Dim& b) { return a.x == b.x && a.y == b.y && a.z == b.z; }

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

void write(std::ostream& out, const Dim& dim) {
  out << '[' << dim.x << ',' << dim.y << ',' << dim.z << ']';
}

void write(std::ostream& out, const Traffic& traffic) {
  out << "{\"bytes\":" << traffic.bytes << ",\"sectorsRequested\":" << traffic.sectors_requested
      << ",\"sectorsTouched\":" << traffic.sectors_touched << ",\"used\":" << traffic.used() << '}';
}

void write(std::ostream& out, const LaunchCounters& counters) {
  out << "{\"kernel\":" << quoted(counters.kernel) << ",\"grid\":";
  write(out, counters.grid);
  out << ",\"block\":";
  write(out, counters.block);
  out << ",\"launches\":" << counters.launches << ",\"loads\":";
  write(out, counters.loads);
  out << ",\"stores\":";
  write(out, counters.stores);
  out << ",\"sharedWavefronts\":" << counters.shared_wavefronts
      << ",\"bankConflicts\":" << counters.bank_conflicts << ",\"barriers\":" << counters.barriers
      << ",\"tensorInstructions\":" << counters.tensor_instructions
      << ",\"warpInstructions\":" << counters.warp_instructions
      << ",\"threadInstructions\":" << counters.thread_instructions << ",\"classes\":{";
  for (size_t i = 0; i < kInstructionClasses; ++i) {
    if (i != 0) out << ',';
    out << quoted(std::string(name_of(static_cast<InstructionClass>(i)))) << ':'
        << counters.classes[i];
  }
  out << "}}";
}

}  // namespace

void Traffic::add(const Traffic& other) {
  bytes += other.bytes;
  sectors_requested += other.sectors_requested;
  sectors_touched += other.sectors_touched;
}

double Traffic::used() const {
  constexpr double kSector = 32;
  if (sectors_requested == 0) return 1;
  return static_cast<double>(bytes) / (kSector * static_cast<double>(sectors_requested));
}

void LaunchCounters::add(const LaunchCounters& other) {
  launches += other.launches;
  loads.add(other.loads);
  stores.add(other.stores);
  shared_wavefronts += other.shared_wavefronts;
  bank_conflicts += other.bank_conflicts;
  barriers += other.barriers;
  tensor_instructions += other.tensor_instructions;
  warp_instructions += other.warp_instructions;
  thread_instructions += other.thread_instructions;
  for (size_t i = 0; i < kInstructionClasses; ++i) classes[i] += other.classes[i];
}

std::vector<LaunchCounters> summed(const std::vector<LaunchCounters>& launches) {
  std::vector<LaunchCounters> sums;
  for (const LaunchCounters& launch : launches) {
    const auto found = std::ranges::find_if(sums, [&](const LaunchCounters& sum) {
      return sum.kernel == launch.kernel && same(sum.grid, launch.grid) &&
             same(sum.block, launch.block);
    });
    if (found == sums.end()) {
      sums.push_back(launch);
    } else {
      found->add(launch);
    }
  }
  return sums;
}

std::string to_json(const std::vector<LaunchCounters>& launches) {
  std::ostringstream out;
  out << '[';
  for (size_t i = 0; i < launches.size(); ++i) {
    if (i != 0) out << ",\n";
    write(out, launches[i]);
  }
  out << "]\n";
  return out.str();
}

}  // namespace lean::simt
