#include "engine/sql_text.h"

namespace sluice::engine {
namespace {

std::string Quote(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out += quote;
}

constexpr std::string_view kPatternCharacters = "*?[";

}  // namespace

std::string SqlString(std::string_view text) { return Quote(text, '\''); }

std::string SqlName(std::string_view name) { return Quote(name, '"'); }

Result<std::string> SqlFile(std::string_view path) {
  if (path.find_first_of(kPatternCharacters) == std::string_view::npos) return SqlString(path);
  // DuckDB's own expansion takes a backslash for a separator of folders.
  if (path.find('\\') != std::string_view::npos) {
    return Fail(Code::kUnsupported, "the table's location has characters the engine cannot read",
                std::string(path));
  }
  std::string pattern;
  for (const char c : path) {
    if (kPatternCharacters.find(c) == std::string_view::npos) {
      pattern += c;
    } else {
      pattern.append({'[', c, ']'});
    }
  }
  return SqlString(pattern);
}

}  // namespace sluice::engine
