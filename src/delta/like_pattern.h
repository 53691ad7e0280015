// delta/like_pattern.h -- SQL's LIKE: % is any text, _ any character, a backslash takes the meaning
// of what follows it.
//
// Characters are those of Unicode, compared as they are: no case, no normal form. A byte that is
// not UTF-8 is a character of its own, different from all others but the same byte.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace sluice::delta {

// All ways to match are followed at once, a bit each: a text takes time for its length times that
// of the pattern by 64, whatever both are. Thread-safe.
class LikePattern {
 public:
  static constexpr size_t kMaxBytes = 4096;

  // Nothing: a backslash before anything but %, _ and itself, or a pattern that is too long.
  static std::optional<LikePattern> Parse(std::string_view pattern);
  bool Matches(std::string_view text) const;

 private:
  using Bits = std::vector<uint64_t>;

  LikePattern() = default;
  size_t words() const { return skips_.size(); }

  // Bit i: what is read so far may be the first i characters of the pattern.
  size_t length_ = 0;               // of the pattern, without %
  Bits skips_;                      // where a % stands before character i
  Bits any_;                        // where character i is _
  std::map<char32_t, Bits> known_;  // where character i is this one, or _
};

}  // namespace sluice::delta
