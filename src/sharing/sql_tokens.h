// sharing/sql_tokens.h -- the words, names, literals and signs of a SQL expression, one at a time.
//
// Where dialects of SQL disagree about where a token ends or what it is (backslashes in strings,
// double quotes, comments, || and the like), the text is broken from there on.
#pragma once

#include <string>
#include <string_view>

namespace sluice::sharing {

struct SqlToken {
  enum class Kind {
    kEnd,
    kBroken,
    kWord,    // a keyword or a name, as written
    kName,    // was in back-ticks
    kString,  // was in quotes
    kNumber,  // with what stands behind it: "10.50BD"
    kSign,    // ( ) , . = == <> != < <= > >= <=> + - * / %
  };
  Kind kind = Kind::kEnd;
  std::string text;  // without quotes
};

class SqlTokens {
 public:
  // `text` must outlive this object.
  explicit SqlTokens(std::string_view text) : rest_(text) { Advance(); }

  const SqlToken& current() const { return current_; }
  // Case does not matter.
  bool IsWord(std::string_view word) const;
  bool IsSign(std::string_view sign) const;
  // Goes on; never behind kEnd or kBroken.
  void Advance();
  // As if the text were broken here.
  void Break();

 private:
  void Take(SqlToken::Kind kind, size_t length);
  void TakeQuoted(SqlToken::Kind kind, char quote);
  void TakeNumber();
  void TakeSign();

  std::string_view rest_;
  SqlToken current_;
};

}  // namespace sluice::sharing
