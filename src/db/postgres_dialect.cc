#include "db/postgres_dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace sluice::db {
namespace {

bool IsOfWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Walks over the statement once, piece by piece.
class Translation {
 public:
  explicit Translation(std::string_view sql)
      : rest_(sql),
        makes_tables_(sql.starts_with("CREATE TABLE") || sql.starts_with("ALTER TABLE")) {}

  PostgresText Finish() {
    while (!rest_.empty()) TakePiece();
    return std::move(text_);
  }

 private:
  void TakePiece() {
    const char first = rest_.front();
    if (first == '\'' || first == '"') return Copy(QuotedLength(first));
    if (IsOfWord(first)) return TakeWord();
    if (first == '?') {
      Skip(1);
      return PutPlace(++text_.places);
    }
    if (rest_.starts_with("::")) return Copy(2);
    if (first == ':' && rest_.size() > 1 && IsOfWord(rest_[1])) return TakeNamedPlace();
    Copy(1);
  }

  // Up to the closing quote; a doubled one begins the next piece, which copies just as well.
  size_t QuotedLength(char quote) const {
    const size_t end = rest_.find(quote, 1);
    return end == std::string_view::npos ? rest_.size() : end + 1;
  }

  size_t WordLength(size_t from) const {
    const auto end =
        std::find_if_not(rest_.begin() + static_cast<std::ptrdiff_t>(from), rest_.end(), IsOfWord);
    return static_cast<size_t>(end - rest_.begin());
  }

  void TakeWord() {
    const std::string_view word = rest_.substr(0, WordLength(0));
    if (makes_tables_ && word == "INTEGER") {
      text_.sql += "BIGINT";
    } else if (makes_tables_ && word == "TEXT") {
      text_.sql += "TEXT COLLATE \"C\"";
    } else {
      text_.sql += word;
    }
    Skip(word.size());
  }

  void TakeNamedPlace() {
    const std::string_view name = rest_.substr(0, WordLength(1));
    Skip(name.size());
    const auto known = std::ranges::find(names_, name, &Name::name);
    if (known != names_.end()) return PutPlace(known->place);
    names_.push_back({name, ++text_.places});
    PutPlace(text_.places);
  }

  void PutPlace(size_t place) { text_.sql += fmt::format("${}", place); }
  void Copy(size_t length) {
    text_.sql += rest_.substr(0, length);
    Skip(length);
  }
  void Skip(size_t length) { rest_.remove_prefix(length); }

  struct Name {
    std::string_view name;
    size_t place;
  };

  std::string_view rest_;
  bool makes_tables_;
  std::vector<Name> names_{};
  PostgresText text_{};
};

}  // namespace

PostgresText ToPostgres(std::string_view sql) { return Translation(sql).Finish(); }

}  // namespace sluice::db
