// delta/testing/slow_like.h -- LIKE as it is defined, tried out: takes as long as it takes.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice::delta::testing {

inline size_t CharacterLength(std::string_view text) {
  size_t size = 1;
  while (size < text.size() && (static_cast<uint8_t>(text[size]) & 0xC0) == 0x80) ++size;
  return size;
}

// Both are UTF-8; a backslash in the pattern has something behind it.
inline bool IsLikeSlowly(std::string_view text, std::string_view pattern) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '%') {
    return IsLikeSlowly(text, pattern.substr(1)) ||
           (!text.empty() && IsLikeSlowly(text.substr(CharacterLength(text)), pattern));
  }
  if (text.empty()) return false;
  if (pattern[0] == '_') {
    return IsLikeSlowly(text.substr(CharacterLength(text)), pattern.substr(1));
  }
  if (pattern[0] == '\\') pattern.remove_prefix(1);
  return text[0] == pattern[0] && IsLikeSlowly(text.substr(1), pattern.substr(1));
}

}  // namespace sluice::delta::testing
