// sharing/sql_terms.h -- what the parts of a SQL expression mean for data skipping.
//
// Where engines differ (how text becomes a number, what a cast rounds), nothing is judged.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "delta/predicate.h"

namespace sluice::sharing::sql {

// What an expression came to: nothing that can be judged, a column or literal, or something true or
// false.
using Term = std::variant<std::monostate, delta::Operand, delta::Predicate>;

delta::Operand Literal(std::string text, delta::ValueType type);
// "10.50BD": a number, and Spark's letter for its type or none.
Term NumberLiteral(std::string_view text);
Term Negative(const Term& term);
// The type of a name, for Cast; nothing: casts to it are not judged.
std::optional<delta::ValueType> TypeOf(std::string_view name);
Term Cast(const Term& term, std::optional<delta::ValueType> type);

delta::Predicate Not(delta::Predicate predicate);
// low <= term AND term <= high.
delta::Predicate Between(const Term& term, const Term& low, const Term& high);
// `sign` is one of = == <> != < <= > >= <=>
delta::Predicate Compare(std::string_view sign, const Term& left, const Term& right);
delta::Predicate IsNull(const Term& term);
delta::Predicate In(const Term& term, const std::vector<Term>& list);
delta::Predicate StartsWith(const Term& term, const Term& prefix);
delta::Predicate Like(const Term& term, const Term& pattern);
// The term where true or false is asked for.
delta::Predicate Truth(Term term);

}  // namespace sluice::sharing::sql
