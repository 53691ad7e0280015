#include "delta/stats.h"

#include <simdjson.h>

#include <charconv>

namespace sluice::delta {

std::optional<int64_t> NumRecords(std::string_view stats) {
  // All known writers put it first; that saves parsing the rest, file by file.
  constexpr std::string_view kFirst = R"({"numRecords":)";
  int64_t value = 0;
  if (stats.starts_with(kFirst)) {
    const char* const end = stats.data() + stats.size();
    const auto [stop, failure] = std::from_chars(stats.data() + kFirst.size(), end, value);
    if (failure == std::errc() && stop != end && (*stop == ',' || *stop == '}') && value >= 0) {
      return value;
    }
  }
  simdjson::dom::parser parser;
  if (parser.parse(stats.data(), stats.size(), true)["numRecords"].get(value) !=
          simdjson::SUCCESS ||
      value < 0) {
    return std::nullopt;
  }
  return value;
}

}  // namespace sluice::delta
