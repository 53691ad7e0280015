#include "base/markup.h"

#include "base/json.h"

namespace sluice {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";

}  // namespace

// json::AppendQuoted mends, json::Serialize does not: through the first and back.
std::string ValidUtf8(std::string_view text) {
  std::string quoted;
  json::AppendQuoted(text, quoted);
  const auto value = json::Parse(quoted, {.size = MiB(256), .depth = 2});
  return value.has_value() && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : ValidUtf8(text)) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      case '\n': out += "&#10;"; break;
      case '\t': out += ' '; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += kReplacement;
        } else {
          out += c;
        }
    }
  }
  return out;
}

}  // namespace sluice
