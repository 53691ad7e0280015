#include "sharing/sql_tokens.h"

#include <algorithm>
#include <array>

namespace sluice::sharing {
namespace {

using Kind = SqlToken::Kind;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsNamePart(char c) { return IsNameStart(c) || IsDigit(c); }
char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

size_t LengthWhile(std::string_view text, bool (*is)(char)) {
  return static_cast<size_t>(std::ranges::find_if_not(text, is) - text.begin());
}

// The longest first.
constexpr std::array<std::string_view, 18> kSigns = {
    "<=>", "<>", "<=", ">=", "!=", "==", "(", ")", ",",
    ".",   "=",  "<",  ">",  "+",  "-",  "*", "/", "%"};

}  // namespace

bool SqlTokens::IsWord(std::string_view word) const {
  return current_.kind == Kind::kWord && std::ranges::equal(current_.text, word, {}, Upper, Upper);
}

bool SqlTokens::IsSign(std::string_view sign) const {
  return current_.kind == Kind::kSign && current_.text == sign;
}

void SqlTokens::Advance() {
  if (current_.kind == Kind::kBroken) return;
  rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  if (rest_.empty()) return Take(Kind::kEnd, 0);
  const char first = rest_.front();
  if (IsNameStart(first)) return Take(Kind::kWord, LengthWhile(rest_, IsNamePart));
  if (first == '\'') return TakeQuoted(Kind::kString, first);
  if (first == '`') return TakeQuoted(Kind::kName, first);
  const bool fraction = first == '.' && rest_.size() > 1 && IsDigit(rest_[1]);
  if (IsDigit(first) || fraction) return TakeNumber();
  TakeSign();
}

void SqlTokens::Break() {
  rest_ = {};
  Take(Kind::kBroken, 0);
}

void SqlTokens::Take(Kind kind, size_t length) {
  current_.kind = kind;
  current_.text.assign(rest_.substr(0, length));
  rest_.remove_prefix(length);
}

// A quote inside is written twice. A backslash is one in some dialects, and in others changes what
// follows, the closing quote too.
void SqlTokens::TakeQuoted(Kind kind, char quote) {
  current_.kind = kind;
  current_.text.clear();
  while (true) {
    rest_.remove_prefix(1);
    const size_t end = rest_.find(quote);
    if (end == std::string_view::npos) return Break();
    const std::string_view piece = rest_.substr(0, end);
    if (kind == Kind::kString && piece.find('\\') != std::string_view::npos) return Break();
    current_.text += piece;
    rest_.remove_prefix(end + 1);
    if (!rest_.starts_with(quote)) return;
    current_.text += quote;
  }
}

void SqlTokens::TakeNumber() {
  size_t length = LengthWhile(rest_, IsDigit);
  if (length < rest_.size() && rest_[length] == '.') {
    ++length;
    length += LengthWhile(rest_.substr(length), IsDigit);
  }
  const std::string_view behind = rest_.substr(length);
  if (!behind.empty() && Upper(behind.front()) == 'E') {
    const size_t sign = behind.size() > 1 && (behind[1] == '+' || behind[1] == '-') ? 2 : 1;
    length += sign + LengthWhile(behind.substr(sign), IsDigit);
  }
  length += LengthWhile(rest_.substr(length), IsNamePart);
  Take(Kind::kNumber, length);
}

void SqlTokens::TakeSign() {
  // What begins a comment could swallow the rest.
  const bool comment = rest_.starts_with("--") || rest_.starts_with("/*");
  const auto found =
      std::ranges::find_if(kSigns, [&](std::string_view sign) { return rest_.starts_with(sign); });
  if (comment || found == kSigns.end()) return Break();
  Take(Kind::kSign, found->size());
}

}  // namespace sluice::sharing
