#include "base/bytes.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace sluice {

std::string HumanBytes(ByteCount count) {
  static constexpr std::array<std::string_view, 5> kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  if (count.value < 1024) return fmt::format("{} B", count.value);
  auto value = static_cast<double>(count.value);
  size_t unit = 0;
  while (value >= 1024 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace sluice
