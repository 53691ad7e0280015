#include "catalog/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>

namespace sluice::catalog {
namespace {

constexpr size_t kMaxCharacters = 255;

std::string_view KindWord(NameKind kind) {
  switch (kind) {
    case NameKind::kShare: return "share";
    case NameKind::kSchema: return "schema";
    case NameKind::kTable: return "table";
  }
  return "object";
}

// What follows from the first byte of a UTF-8 sequence (RFC 3629 §4).
struct Sequence {
  size_t length = 0;  // 0: no sequence begins with this byte
  uint32_t bits = 0;
  uint32_t smallest = 0;  // a smaller code point is an overlong form
};

Sequence SequenceOf(unsigned char lead) {
  if (lead < 0x80) return {1, lead, 0};
  if (lead >= 0xC2 && lead <= 0xDF) return {2, lead & 0x1FU, 0x80};
  if (lead >= 0xE0 && lead <= 0xEF) return {3, lead & 0x0FU, 0x800};
  if (lead >= 0xF0 && lead <= 0xF4) return {4, lead & 0x07U, 0x10000};
  return {};
}

// The number of code points, or nullopt when `text` is not UTF-8.
std::optional<size_t> CountCharacters(std::string_view text) {
  size_t count = 0;
  for (size_t at = 0; at < text.size(); ++count) {
    const Sequence sequence = SequenceOf(static_cast<unsigned char>(text[at]));
    if (sequence.length == 0 || text.size() - at < sequence.length) return std::nullopt;
    uint32_t code_point = sequence.bits;
    for (size_t i = 1; i < sequence.length; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if ((byte & 0xC0U) != 0x80) return std::nullopt;
      code_point = (code_point << 6) | (byte & 0x3FU);
    }
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (code_point < sequence.smallest || code_point > 0x10FFFF || surrogate) return std::nullopt;
    at += sequence.length;
  }
  return count;
}

bool IsControl(char byte) {
  const auto value = static_cast<unsigned char>(byte);
  return value < 0x20 || value == 0x7F;
}

// Empty: `byte` may stand in a name of that kind.
std::string Objection(NameKind kind, char byte) {
  if (byte == ' ') return "a space";
  if (byte == '/') return "'/'";
  if (IsControl(byte)) {
    return fmt::format("the control character 0x{:02x}", static_cast<unsigned char>(byte));
  }
  if (byte == '.' && kind != NameKind::kShare) return "'.'";
  return {};
}

}  // namespace

Status CheckName(NameKind kind, std::string_view name) {
  const std::string_view word = KindWord(kind);
  if (name.empty()) return Fail(Code::kInvalidArgument, fmt::format("the {} has no name", word));
  const std::optional<size_t> characters = CountCharacters(name);
  if (!characters) {
    return Fail(Code::kInvalidArgument, fmt::format("the name of the {} is not UTF-8", word));
  }
  if (*characters > kMaxCharacters) {
    return Fail(Code::kInvalidArgument,
                fmt::format("the name of the {} has {} characters; at most {} are allowed", word,
                            *characters, kMaxCharacters));
  }
  // A control character would garble the line of whoever reads the message.
  const bool printable = std::ranges::none_of(name, IsControl);
  for (const char byte : name) {
    const std::string objection = Objection(kind, byte);
    if (objection.empty()) continue;
    const std::string quoted = printable ? fmt::format(" '{}'", name) : std::string();
    return Fail(
        Code::kInvalidArgument,
        fmt::format("the {} name{} holds {}, which is not allowed in it", word, quoted, objection));
  }
  return {};
}

}  // namespace sluice::catalog
