// sharing/json_predicate.h -- jsonPredicateHints, read into a predicate.
//
// Besides the operations of the specification also `in` (a column, then literals) and `startsWith`,
// and literals that are numbers or booleans instead of text.
// Source: Delta Sharing PROTOCOL.md, "JSON predicates for Filtering".
#pragma once

#include <string_view>

#include "delta/predicate.h"

namespace sluice::sharing {

// Never fails: what cannot be read is kUnknown, an operation by itself, and the whole text where it
// is no JSON, larger than 1 MiB, or operations lie more than 100 deep.
delta::Predicate ParseJsonPredicate(std::string_view text);

}  // namespace sluice::sharing
