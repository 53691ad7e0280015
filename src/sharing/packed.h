// sharing/packed.h -- numbers and texts packed into bytes, for links and tokens.
//
// Numbers are little-endian base-128 varints; texts have their length in front.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::sharing {

inline void PackNumber(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

inline void PackText(std::string_view text, std::string& out) {
  PackNumber(text.size(), out);
  out += text;
}

// Reads what Pack* wrote. After a read beyond the end, ok() is false and all values are empty.
class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}

  uint64_t Number() {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return Broken();
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Broken();
  }
  std::string_view Text() {
    const uint64_t size = Number();
    if (size > rest_.size()) {
      Broken();
      return {};
    }
    const std::string_view text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return text;
  }
  std::string_view Rest() { return std::exchange(rest_, {}); }
  bool ok() const { return ok_; }

 private:
  uint64_t Broken() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace sluice::sharing
