#include "base/json.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

namespace sluice::json {
namespace {

// What AppendEscaped does with a byte: copy it, or look closer.
enum class Kind : uint8_t { kPlain, kEscape, kHigh };

constexpr std::array<Kind, 256> kKinds = [] {
  std::array<Kind, 256> kinds{};
  for (size_t i = 0; i < kinds.size(); ++i) {
    kinds[i] = i < 0x20 || i == '"' || i == '\\' ? Kind::kEscape
               : i < 0x80                        ? Kind::kPlain
                                                 : Kind::kHigh;
  }
  return kinds;
}();

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
  return parser.release();
}

std::string Serialize(const Value& value) { return boost::json::serialize(value); }

void AppendEscaped(std::string_view text, std::string& out) {
  size_t start = 0;  // of the run that is copied as it is
  size_t i = 0;
  while (i < text.size()) {
    const Kind kind = kKinds[static_cast<unsigned char>(text[i])];
    if (kind == Kind::kPlain) {
      ++i;
      continue;
    }
    out.append(text, start, i - start);
    if (kind == Kind::kEscape) {
      AppendControl(static_cast<unsigned char>(text[i]), out);
      ++i;
    } else {
      i += AppendHigh(text.substr(i), out);
    }
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
