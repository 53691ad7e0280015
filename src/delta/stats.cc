#include "delta/stats.h"

#include <charconv>

namespace sluice::delta {
namespace {

constexpr std::string_view kKey = "\"numRecords\"";

// Behind the string that begins at `i`.
size_t SkipString(std::string_view text, size_t i) {
  for (++i; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return text.size();
}

size_t SkipSpace(std::string_view text, size_t i) {
  while (i < text.size() && (text[i] == ' ' || text[i] == '\t' || text[i] == '\n')) ++i;
  return i;
}

// The number behind the key's colon; `i` is behind the key.
std::optional<int64_t> NumberAt(std::string_view text, size_t i) {
  i = SkipSpace(text, i);
  if (i >= text.size() || text[i] != ':') return std::nullopt;
  i = SkipSpace(text, i + 1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data() + i, text.data() + text.size(), value);
  if (error != std::errc() || value < 0) return std::nullopt;
  const bool whole =
      end == text.data() + text.size() || (*end != '.' && *end != 'e' && *end != 'E');
  return whole ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<int64_t> NumRecords(std::string_view stats) {
  int depth = 0;
  for (size_t i = 0; i < stats.size();) {
    const char c = stats[i];
    if (c == '"') {
      if (depth == 1 && stats.substr(i, kKey.size()) == kKey) {
        const std::optional<int64_t> value = NumberAt(stats, i + kKey.size());
        if (value.has_value()) return value;
      }
      i = SkipString(stats, i);
      continue;
    }
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    ++i;
  }
  return std::nullopt;
}

}  // namespace sluice::delta
