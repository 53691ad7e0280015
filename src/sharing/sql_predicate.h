// sharing/sql_predicate.h -- predicateHints, SQL expressions, read into a predicate.
//
// The subset that clients send: comparisons, IN, BETWEEN, IS [NOT] NULL, LIKE with a prefix,
// startswith, AND, OR, NOT, parentheses, TRUE and FALSE; literals of SQL with DATE and TIMESTAMP,
// and CAST. Calls of other functions and sums are read over: what compares them is unknown. Written
// by hand, because a grammar of all SQL would accept what nobody here can judge.
// Source: Delta Sharing PROTOCOL.md, "SQL Expressions for Filtering"; Apache Spark's
// Expression.sql, which the reference client sends.
#pragma once

#include <string_view>

#include "delta/predicate.h"

namespace sluice::sharing {

// The reference client writes a partition column as CAST(partitionValues.name AS its type), which
// is read as the column. Of a table that has a column of this name such text means something else.
inline constexpr std::string_view kPartitionValues = "partitionValues";

// Never fails: what cannot be judged is kUnknown, a comparison by itself, and the whole text where
// it cannot be read or dialects of SQL read it differently (backslashes in strings, double quotes),
// where it is larger than 1 MiB, or parentheses are more than 100 deep.
delta::Predicate ParseSqlPredicate(std::string_view text);

}  // namespace sluice::sharing
