// server/core_dump.h -- what of this process's memory a core dump would hold.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace sluice::server {

// Kinds of memory as bits, see core(5). None: registers and the list of mappings are all that is
// left, so that tokens, keys and rows stay out of files that crashes leave behind.
inline constexpr uint32_t kDumpNothing = 0;

// Sets the kinds for this process and those it starts; returns the ones before.
// Errors: kUnavailable  the kernel has no such filter, or does not let us
Result<uint32_t> SetCoreDumpFilter(uint32_t kinds);

}  // namespace sluice::server
