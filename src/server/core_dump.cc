#include "server/core_dump.h"

#include <charconv>
#include <fstream>
#include <string>

namespace sluice::server {
namespace {

constexpr const char* kFilter = "/proc/self/coredump_filter";

}  // namespace

Result<uint32_t> SetCoreDumpFilter(uint32_t kinds) {
  std::string text;
  uint32_t before = 0;
  std::ifstream in(kFilter);
  // Hex digits without "0x".
  if (!(in >> text) ||
      std::from_chars(text.data(), text.data() + text.size(), before, 16).ec != std::errc()) {
    return Fail(Code::kUnavailable, "the filter of core dumps cannot be read", kFilter);
  }
  std::ofstream out(kFilter);
  if (!(out << kinds << std::flush)) {
    return Fail(Code::kUnavailable, "the filter of core dumps cannot be set", kFilter);
  }
  return before;
}

}  // namespace sluice::server
