// fuzz/fuzz.h -- what the fuzz targets share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace sluice::fuzz {

// A property that must hold for every input; libFuzzer reports the input when it does not.
inline void Require(bool holds) {
  if (!holds) std::abort();
}

inline std::string_view View(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace sluice::fuzz
