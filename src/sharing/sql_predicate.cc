#include "sharing/sql_predicate.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/encoding.h"
#include "sharing/sql_terms.h"
#include "sharing/sql_tokens.h"

namespace sluice::sharing {
namespace {

using delta::Operand;
using delta::Predicate;
using delta::ValueType;
using sql::Term;
using Kind = SqlToken::Kind;
using Op = Predicate::Op;

constexpr ByteCount kMaxSize = MiB(1);
constexpr size_t kMaxDepth = 100;

// Recursive descent. Whatever cannot be read breaks the tokens: then all loops end, and what was
// read so far does not count.
class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(text) {}

  Predicate Parse() {
    Predicate predicate = sql::Truth(Disjunction());
    return tokens_.current().kind == Kind::kEnd ? std::move(predicate) : Predicate{};
  }

 private:
  Term Disjunction();
  Term Conjunction();
  Term Negation();
  Term Comparison();
  std::optional<Predicate> Condition(const Term& left);
  Predicate WordCondition(const Term& left);
  Predicate Between(const Term& left);
  Term Sum();
  Term Factor();
  Term Primary();
  Term Word();
  Term Column(std::string name);
  Term Call(std::string_view name);
  Term CastCall();
  std::vector<Term> List();
  void SkipParentheses();

  bool AcceptWord(std::string_view word) { return tokens_.IsWord(word) && (Advance(), true); }
  bool AcceptSign(std::string_view sign) { return tokens_.IsSign(sign) && (Advance(), true); }
  // A parenthesis, and what it ends with.
  bool Open() {
    if (AcceptSign("(") && ++depth_ <= kMaxDepth) return true;
    tokens_.Break();
    return false;
  }
  void Close() {
    if (!AcceptSign(")")) tokens_.Break();
    --depth_;
  }
  void Advance() { tokens_.Advance(); }
  std::string Take() {
    std::string text = tokens_.current().text;
    Advance();
    return text;
  }

  SqlTokens tokens_;
  size_t depth_ = 0;
};

Term Parser::Disjunction() {
  Term first = Conjunction();
  if (!tokens_.IsWord("OR")) return first;
  Predicate any{.op = Op::kOr};
  any.children.push_back(sql::Truth(std::move(first)));
  while (AcceptWord("OR")) any.children.push_back(sql::Truth(Conjunction()));
  return any;
}

Term Parser::Conjunction() {
  Term first = Negation();
  if (!tokens_.IsWord("AND")) return first;
  Predicate all{.op = Op::kAnd};
  all.children.push_back(sql::Truth(std::move(first)));
  while (AcceptWord("AND")) all.children.push_back(sql::Truth(Negation()));
  return all;
}

// A chain of NOTs is one or none.
Term Parser::Negation() {
  if (!tokens_.IsWord("NOT")) return Comparison();
  bool negated = false;
  while (AcceptWord("NOT")) negated = !negated;
  Predicate inner = sql::Truth(Comparison());
  return negated ? sql::Not(std::move(inner)) : std::move(inner);
}

// Of a chain, as in a = b = c, dialects differ in what belongs together.
Term Parser::Comparison() {
  Term left = Sum();
  auto condition = Condition(left);
  if (!condition) return left;
  while (Condition({})) condition = Predicate{};
  return *std::move(condition);
}

// Nothing: no comparison follows.
std::optional<Predicate> Parser::Condition(const Term& left) {
  for (const std::string_view sign : {"=", "==", "<>", "!=", "<", "<=", ">", ">=", "<=>"}) {
    if (AcceptSign(sign)) return sql::Compare(sign, left, Sum());
  }
  if (AcceptWord("IS")) {
    const bool negated = AcceptWord("NOT");
    if (!AcceptWord("NULL")) tokens_.Break();
    return negated ? sql::Not(sql::IsNull(left)) : sql::IsNull(left);
  }
  if (AcceptWord("NOT")) return sql::Not(WordCondition(left));
  for (const std::string_view word : {"IN", "BETWEEN", "LIKE", "ILIKE", "RLIKE"}) {
    if (tokens_.IsWord(word)) return WordCondition(left);
  }
  return std::nullopt;
}

Predicate Parser::WordCondition(const Term& left) {
  if (AcceptWord("IN")) return sql::In(left, List());
  if (AcceptWord("BETWEEN")) return Between(left);
  const bool like = AcceptWord("LIKE");
  if (!like && !AcceptWord("ILIKE") && !AcceptWord("RLIKE")) tokens_.Break();
  const Term pattern = Sum();
  if (AcceptWord("ESCAPE")) {
    Sum();
    return {};
  }
  return like ? sql::Like(left, pattern) : Predicate{};
}

Predicate Parser::Between(const Term& left) {
  const Term low = Sum();
  if (!AcceptWord("AND")) tokens_.Break();
  const Term high = Sum();
  return sql::Between(left, low, high);
}

// Values with commas between them, in parentheses.
std::vector<Term> Parser::List() {
  std::vector<Term> terms;
  if (!Open()) return {};
  do terms.push_back(Sum());
  while (AcceptSign(","));
  Close();
  return terms;
}

// What is computed is not judged.
Term Parser::Sum() {
  Term left = Factor();
  while (tokens_.IsSign("+") || tokens_.IsSign("-") || tokens_.IsSign("*") || tokens_.IsSign("/") ||
         tokens_.IsSign("%")) {
    Advance();
    Factor();
    left = {};
  }
  return left;
}

Term Parser::Factor() { return AcceptSign("-") ? sql::Negative(Primary()) : Primary(); }

Term Parser::Primary() {
  switch (tokens_.current().kind) {
    case Kind::kNumber: return sql::NumberLiteral(Take());
    case Kind::kString: return sql::Literal(Take(), ValueType::kString);
    case Kind::kName: return Column(Take());
    case Kind::kWord: return Word();
    default: break;
  }
  if (!Open()) return {};
  Term inner = Disjunction();
  Close();
  return inner;
}

Term Parser::Word() {
  for (const std::string_view word :
       {"AND", "OR", "NOT", "IN", "IS", "LIKE", "BETWEEN", "SELECT"}) {
    if (!tokens_.IsWord(word)) continue;
    tokens_.Break();
    return {};
  }
  const std::string name = Take();
  const std::string lower = AsciiLower(name);
  if (lower == "true" || lower == "false") return sql::Literal(lower, ValueType::kBool);
  if (lower == "null") return sql::Literal("", ValueType::kNull);
  if (tokens_.current().kind == Kind::kString) {
    std::string text = Take();
    if (lower == "date") return sql::Literal(std::move(text), ValueType::kDate);
    if (lower == "timestamp") return sql::Literal(std::move(text), ValueType::kTimestamp);
    return {};
  }
  return tokens_.IsSign("(") ? Call(lower) : Column(name);
}

Term Parser::Column(std::string name) {
  while (AcceptSign(".")) {
    const Kind kind = tokens_.current().kind;
    if (kind != Kind::kWord && kind != Kind::kName) tokens_.Break();
    name += '.';
    name += Take();
  }
  // A function of a schema, or what a name in back-ticks calls.
  if (tokens_.IsSign("(")) {
    SkipParentheses();
    return {};
  }
  return Operand{true, std::move(name), ValueType::kOwn};
}

Term Parser::Call(std::string_view name) {
  if (name == "cast") return CastCall();
  if (name != "startswith") {
    SkipParentheses();
    return {};
  }
  const std::vector<Term> arguments = List();
  if (arguments.size() != 2) return {};
  return sql::StartsWith(arguments[0], arguments[1]);
}

Term Parser::CastCall() {
  if (!Open()) return {};
  const Term term = Disjunction();
  if (!AcceptWord("AS") || tokens_.current().kind != Kind::kWord) tokens_.Break();
  std::optional<ValueType> type = sql::TypeOf(Take());
  if (tokens_.IsSign("(")) {  // decimal(10,2)
    SkipParentheses();
    type.reset();
  }
  Close();
  return sql::Cast(term, type);
}

void Parser::SkipParentheses() {
  size_t open = 0;
  do {
    if (tokens_.IsSign("(")) ++open;
    if (tokens_.IsSign(")")) --open;
    if (tokens_.current().kind == Kind::kEnd) tokens_.Break();
    Advance();
  } while (open > 0 && tokens_.current().kind != Kind::kBroken);
}

}  // namespace

Predicate ParseSqlPredicate(std::string_view text) {
  if (text.size() > kMaxSize.value) return {};
  return Parser(text).Parse();
}

}  // namespace sluice::sharing
