#include "base/json.h"

#include <emmintrin.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

namespace sluice::json {
namespace {

// Bytes that are looked at together.
constexpr size_t kBlock = 16;

bool IsSpecial(char c) { return c == '"' || c == '\\' || static_cast<signed char>(c) < 0x20; }

// IsSpecial of the bytes of a block, as bits. As signed numbers control characters and all beyond
// ASCII are below 0x20.
unsigned SpecialBytes(const char* block) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block));
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i slashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i others = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
  return static_cast<unsigned>(
      _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quotes, slashes), others)));
}

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

void AppendControl(unsigned char c, std::string& out) {
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
  }
}

// The length of the well-formed UTF-8 sequence at the front of `text`, 0 if there is none
// (Unicode 15, table 3-7).
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// Appends the sequence at the front of `text`; returns how many bytes it took.
size_t AppendHigh(std::string_view text, std::string& out) {
  const size_t length = SequenceLength(text);
  if (length == 0) {
    out += kReplacement;
    return 1;
  }
  const std::string_view sequence = text.substr(0, length);
  if (sequence == "\xc2\x85") {
    out += "\\u0085";
  } else if (sequence == "\xe2\x80\xa8") {
    out += "\\u2028";
  } else if (sequence == "\xe2\x80\xa9") {
    out += "\\u2029";
  } else {
    out += sequence;
  }
  return length;
}

// Appends the special character at the front of `text`; returns how many bytes it took.
size_t AppendSpecial(std::string_view text, std::string& out) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first >= 0x80) return AppendHigh(text, out);
  AppendControl(first, out);
  return 1;
}

// JSON has no infinity: a number that a double cannot hold would be one, and could not be written.
bool HasInfinity(const Value& value) {
  if (const double* number = value.if_double()) return !std::isfinite(*number);
  if (const Array* array = value.if_array()) return std::ranges::any_of(*array, HasInfinity);
  const Object* object = value.if_object();
  return object != nullptr && std::ranges::any_of(*object, [](const auto& member) {
           return HasInfinity(member.value());
         });
}

}  // namespace

Result<Value> Parse(std::string_view text, Limits limits) {
  if (text.size() > limits.size.value) {
    return Fail(Code::kResourceExhausted,
                fmt::format("the JSON text is larger than {}", HumanBytes(limits.size)));
  }
  boost::json::parse_options options;
  options.max_depth = limits.depth;
  boost::json::parser parser({}, options);
  boost::json::error_code failure;
  const size_t used = parser.write_some(text.data(), text.size(), failure);
  if (failure == boost::json::error::too_deep) {
    return Fail(Code::kResourceExhausted,
                fmt::format("the JSON text is nested deeper than {} levels", limits.depth));
  }
  if (failure) {
    return Fail(Code::kInvalidArgument,
                fmt::format("not valid JSON at byte {}: {}", used, failure.message()));
  }
  const size_t rest = text.find_first_not_of(" \t\r\n", used);
  if (rest != std::string_view::npos) {
    return Fail(Code::kInvalidArgument,
                fmt::format("not valid JSON at byte {}: text after the value", rest));
  }
  Value value = parser.release();
  if (HasInfinity(value)) {
    return Fail(Code::kInvalidArgument, "a number in the JSON text is larger than a double can be");
  }
  return value;
}

std::string Serialize(const Value& value) { return boost::json::serialize(value); }

void AppendEscaped(std::string_view text, std::string& out) {
  // Statistics are JSON in JSON: a quote every few bytes. Pieces are put together on the stack, so
  // that a run costs a copy of one block and no call.
  std::array<char, 512> pieces;
  size_t held = 0;
  size_t i = 0;
  const auto flush = [&] { out.append(pieces.data(), std::exchange(held, 0)); };
  while (text.size() - i >= kBlock) {
    if (held + kBlock + 2 > pieces.size()) flush();
    std::memcpy(pieces.data() + held, text.data() + i, kBlock);
    const unsigned special = SpecialBytes(text.data() + i);
    const size_t plain = special == 0 ? kBlock : static_cast<size_t>(std::countr_zero(special));
    held += plain;
    i += plain;
    if (special == 0) continue;
    const char c = text[i];
    if (c == '"' || c == '\\') {
      pieces[held++] = '\\';
      pieces[held++] = c;
      ++i;
    } else {
      flush();
      i += AppendSpecial(text.substr(i), out);
    }
  }
  flush();
  size_t start = i;  // of the run that is copied as it is
  while (i < text.size()) {
    if (!IsSpecial(text[i])) {
      ++i;
      continue;
    }
    out.append(text, start, i - start);
    i += AppendSpecial(text.substr(i), out);
    start = i;
  }
  out.append(text, start, i - start);
}

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  AppendEscaped(text, out);
  out += '"';
}

void AppendInt(int64_t value, std::string& out) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  out.append(digits.data(), end.ptr);
}

}  // namespace sluice::json
