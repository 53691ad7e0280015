// predicateHints: any text becomes a sound tree; in parentheses it means the same, and what is
// behind it is never passed over.
#include "sharing/sql_predicate.h"

#include <string>

#include "delta/testing/predicate_text.h"
#include "predicate_shape.h"

using sluice::delta::testing::PredicateText;
using sluice::fuzz::Require;
using sluice::sharing::ParseSqlPredicate;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(sluice::fuzz::View(data, size));
  const auto predicate = ParseSqlPredicate(text);
  sluice::fuzz::RequireSound(predicate);
  if (predicate.op == sluice::delta::Predicate::Op::kUnknown || text.size() > 10'000) return 0;
  const std::string written = PredicateText(predicate);
  Require(PredicateText(ParseSqlPredicate(text + " )")) == "?");
  // Unless it is as deep as it may be.
  const std::string nested = PredicateText(ParseSqlPredicate("(" + text + ")"));
  Require(nested == written || nested == "?");
  return 0;
}
