// The device that is modelled: an H100 (SXM5), sm_90. CUDA programming guide, "Compute
// Capabilities"; %smem and register limits per multiprocessor.
#pragma once

#include <cstdint>

namespace lean::simt {

inline constexpr char kDeviceName[] = "simt (PTX interpreter)";
inline constexpr int kVersion = 13000;  // of the driver and the runtime that this stands in for

inline constexpr uint32_t kMaxBlockThreads = 1024;
inline constexpr uint32_t kMaxBlockX = 1024;
inline constexpr uint32_t kMaxBlockY = 1024;
inline constexpr uint32_t kMaxBlockZ = 64;
inline constexpr uint32_t kMaxGridX = 0x7fffffff;
inline constexpr uint32_t kMaxGridYZ = 65535;

inline constexpr uint32_t kMultiprocessors = 132;
inline constexpr uint32_t kMaxThreadsPerMultiprocessor = 2048;
inline constexpr uint32_t kMaxBlocksPerMultiprocessor = 32;
inline constexpr uint32_t kRegistersPerMultiprocessor = 65536;

inline constexpr uint32_t kSharedPerBlock = 48 * 1024;        // without opting in
inline constexpr uint32_t kSharedPerBlockOptin = 227 * 1024;  // static and dynamic together
inline constexpr uint32_t kSharedPerMultiprocessor = 228 * 1024;
inline constexpr uint32_t kSharedReservedPerBlock = 1024;

inline constexpr uint32_t kPortableCluster = 8;
inline constexpr uint32_t kMaxCluster = 16;  // where the kernel allows non-portable sizes

inline constexpr uint32_t kMaxParameterBytes = 32764;
inline constexpr uint32_t kConstantBytes = 64 * 1024;

}  // namespace lean::simt
