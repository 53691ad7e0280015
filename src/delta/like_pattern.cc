#include "delta/like_pattern.h"

#include <utility>

namespace sluice::delta {
namespace {

constexpr size_t kWord = 64;

// Takes a character off the front: its code, or for a byte that begins none a code behind all.
char32_t TakeCharacter(std::string_view& text) {
  constexpr char32_t kBehindAll = 0x110000;
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const size_t size = first < 0x80   ? 1
                      : first < 0xC2 ? 0
                      : first < 0xE0 ? 2
                      : first < 0xF0 ? 3
                      : first < 0xF5 ? 4
                                     : 0;
  char32_t code = size == 1 ? first : first & (0x7FU >> size);
  bool sound = size > 0 && size <= text.size();
  for (size_t i = 1; sound && i < size; ++i) {
    sound = (byte(i) & 0xC0) == 0x80;
    code = code << 6 | (byte(i) & 0x3FU);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  sound = sound && code >= kLeast[size] && code < kBehindAll && (code < 0xD800 || code > 0xDFFF);
  text.remove_prefix(sound ? size : 1);
  return sound ? code : kBehindAll + first;
}

void Set(std::vector<uint64_t>& bits, size_t i) { bits[i / kWord] |= uint64_t{1} << i % kWord; }

}  // namespace

std::optional<LikePattern> LikePattern::Parse(std::string_view pattern) {
  if (pattern.size() > kMaxBytes) return std::nullopt;
  LikePattern like;
  const size_t words = pattern.size() / kWord + 1;  // a pattern has no more characters than bytes
  like.skips_.resize(words);
  like.any_.resize(words);
  while (!pattern.empty()) {
    char32_t character = TakeCharacter(pattern);
    const size_t here = like.length_;
    if (character == U'%') {
      Set(like.skips_, here);
      continue;
    }
    ++like.length_;
    if (character == U'_') {
      Set(like.any_, here);
      continue;
    }
    if (character == U'\\') {
      if (pattern.empty()) return std::nullopt;
      character = TakeCharacter(pattern);
      if (character != U'%' && character != U'_' && character != U'\\') return std::nullopt;
    }
    Set(like.known_.try_emplace(character, Bits(words)).first->second, here);
  }
  for (auto& [character, bits] : like.known_) {
    for (size_t i = 0; i < words; ++i) bits[i] |= like.any_[i];
  }
  return like;
}

bool LikePattern::Matches(std::string_view text) const {
  Bits state(words());
  state[0] = 1;
  while (!text.empty()) {
    const auto known = known_.find(TakeCharacter(text));
    const Bits& fits = known == known_.end() ? any_ : known->second;
    uint64_t carry = 0;
    uint64_t alive = 0;
    for (size_t i = 0; i < state.size(); ++i) {
      const uint64_t taken = state[i] & fits[i];
      state[i] = (state[i] & skips_[i]) | taken << 1 | carry;
      carry = taken >> (kWord - 1);
      alive |= state[i];
    }
    if (alive == 0) return false;
  }
  return (state[length_ / kWord] >> length_ % kWord & 1) != 0;
}

}  // namespace sluice::delta
