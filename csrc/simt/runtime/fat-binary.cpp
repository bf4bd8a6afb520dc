#include "simt/runtime/fat-binary.h"

#include <fatbinary_section.h>

#include <cstdint>
#include <cstring>

#include "simt/runtime/error.h"

namespace lean::simt {
namespace {

// NVIDIA publishes the wrapper (fatbinary_section.h) but not what it points to. The layout below is
// what nvcc 9 to 13 write.
struct Header {
  uint32_t magic;
  uint16_t version;
  uint16_t header_bytes;
  uint64_t bytes;  // of the entries that follow
};
constexpr uint32_t kMagic = 0xba55ed50;

struct EntryHeader {
  uint16_t kind;  // 1: PTX, 2: ELF
  uint16_t version;
  uint32_t header_bytes;
  uint64_t payload_bytes;  // padded
  uint32_t compressed_bytes;
  uint32_t options_offset;
  uint16_t minor, major;
  uint32_t architecture;
  uint32_t name_offset;
  uint32_t name_bytes;
  uint64_t flags;
  uint64_t zero;
  uint64_t plain_bytes;
};
static_assert(sizeof(Header) == 16 && sizeof(EntryHeader) == 64);

constexpr uint64_t kLz4 = 0x2000;
constexpr uint64_t kZstd = 0x8000;

[[noreturn]] void malformed(const char* what) {
  throw Error(cudaErrorInvalidKernelImage, std::string("the embedded fat binary: ") + what);
}

// The target is written in the PTX itself: ".target sm_90a".
bool is_specific(std::string_view ptx) {
  size_t at = ptx.find(".target sm_");
  if (at == std::string_view::npos) return false;
  at = ptx.find_first_not_of("0123456789", at + 11);
  return at != std::string_view::npos && (ptx[at] == 'a' || ptx[at] == 'f');
}

FatEntry read_entry(const std::byte* at, const EntryHeader& header) {
  FatEntry entry;
  entry.architecture = static_cast<int>(header.architecture);
  entry.compressed = (header.flags & (kLz4 | kZstd)) != 0;
  if (header.kind == 2) entry.kind = FatEntry::Kind::machine_code;
  if (header.kind != 1) return entry;
  entry.kind = FatEntry::Kind::ptx;
  if (entry.compressed) return entry;
  const char* text = reinterpret_cast<const char*>(at + header.header_bytes);
  entry.text = {text, strnlen(text, header.payload_bytes)};
  entry.specific = is_specific(entry.text);
  return entry;
}

std::string name_of(const FatEntry& entry) {
  std::string name = entry.kind == FatEntry::Kind::ptx ? "PTX" : "machine code";
  if (entry.kind == FatEntry::Kind::ptx && entry.compressed) name = "compressed PTX";
  return name + " for sm_" + std::to_string(entry.architecture);
}

}  // namespace

std::vector<FatEntry> read_fat_binary(const void* wrapper_address) {
  __fatBinC_Wrapper_t wrapper;
  std::memcpy(&wrapper, wrapper_address, sizeof wrapper);
  if (wrapper.magic != FATBINC_MAGIC) malformed("its wrapper has another magic number");
  if (wrapper.version != FATBINC_VERSION) {
    malformed("it is of relocatable device code (-rdc=true), which is not linked here");
  }
  const auto* at = reinterpret_cast<const std::byte*>(wrapper.data);
  Header header;
  std::memcpy(&header, at, sizeof header);
  if (header.magic != kMagic) malformed("it has another magic number");
  const std::byte* end = at + header.header_bytes + header.bytes;
  at += header.header_bytes;

  std::vector<FatEntry> entries;
  while (at + sizeof(EntryHeader) <= end) {
    EntryHeader entry;
    std::memcpy(&entry, at, sizeof entry);
    uint64_t bytes = entry.header_bytes + entry.payload_bytes;
    if (entry.header_bytes < sizeof entry || bytes > static_cast<uint64_t>(end - at)) {
      malformed("an entry passes its end");
    }
    entries.push_back(read_entry(at, entry));
    at += bytes;
  }
  return entries;
}

std::string_view choose_ptx(const std::vector<FatEntry>& entries, int target,
                            std::string& problem) {
  const FatEntry* best = nullptr;
  bool compressed = false;
  for (const FatEntry& entry : entries) {
    if (entry.kind != FatEntry::Kind::ptx || entry.architecture > target) continue;
    if (entry.specific && entry.architecture != target) continue;
    if (entry.compressed) {
      compressed = true;
      continue;
    }
    // Among equals the specific one, as the driver does.
    if (best && (best->architecture > entry.architecture ||
                 (best->architecture == entry.architecture && best->specific))) {
      continue;
    }
    best = &entry;
  }
  if (best) return best->text;
  problem = "its object has no PTX for sm_" + std::to_string(target) + " or older";
  if (!entries.empty()) {
    problem += ", only ";
    for (size_t i = 0; i < entries.size(); ++i) problem += (i ? ", " : "") + name_of(entries[i]);
  }
  problem += compressed ? ": compile with --no-compress"
                        : ": compile with -gencode arch=compute_90,code=compute_90";
  return {};
}

}  // namespace lean::simt
