// catalog/partition_filter.h -- which partitions of a table a share hands out.
//
// A filter is a list of tuples, of which one has to hold; a tuple is a list of terms, which all
// have to hold; a term compares a partition column with values. A value may be a property of the
// recipient ("country = CURRENT_RECIPIENT().country"): such a filter has to be bound to a recipient
// before anybody reads by it. What columns there are, of which types, and what is equal to what, is
// for the readers of a table to say (delta/partition_filter.h).
//
// Databricks knows EQUAL and LIKE; the other operations are ours. docs/decisions/0016.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace sluice::catalog {

enum class PartitionOp {
  kEqual,  // without a value: is NULL
  kLike,   // % and _, escaped by a backslash
  kIn,
  kGreaterThan,
  kGreaterThanOrEqual,
  kLessThan,
  kLessThanOrEqual,
};

// "EQUAL", "GREATER_THAN_OR_EQUAL". Nothing: no such operation.
std::string_view PartitionOpName(PartitionOp op);
std::optional<PartitionOp> ParsePartitionOp(std::string_view name);

struct PartitionTerm {
  std::string column;
  PartitionOp op = PartitionOp::kEqual;
  std::vector<std::string> values;     // one; of EQUAL none is NULL; of IN as many as there are
  std::string recipient_property_key;  // stands for the one value; empty: none
  bool operator==(const PartitionTerm&) const = default;
};

using PartitionTuple = std::vector<PartitionTerm>;

struct PartitionFilter {
  std::vector<PartitionTuple> tuples;
  // HashOf, once the filter is bound: what was handed out under another one is void. Empty: it is
  // not bound, and nobody may read by it.
  std::string hash{};
  bool operator==(const PartitionFilter&) const = default;
};

// What a filter may have: enough for whoever lists partitions, and little enough that judging a
// file stays cheap.
inline constexpr size_t kMaxPartitionTuples = 100;
inline constexpr size_t kMaxPartitionTerms = 100;    // of a tuple
inline constexpr size_t kMaxPartitionValues = 1000;  // of all terms; a NULL or a property is one
inline constexpr size_t kMaxPartitionName = 255;     // bytes of a column or a property
inline constexpr size_t kMaxPartitionValue = 1024;   // bytes of a value
inline constexpr size_t kMaxPartitionText = 65536;   // bytes of all names and values

// Whether the filter is well-formed; says nothing of any table. A share without a filter has no
// PartitionFilter: one without tuples is refused.
// Errors: kInvalidArgument  in words for who made it
Status CheckPartitionFilter(const PartitionFilter& filter);

using RecipientProperties = std::map<std::string, std::string>;

// The filter as it holds for one recipient: properties replaced by their values, hashed.
// Errors: kPermissionDenied  (DELTA_SHARING_CURRENT_RECIPIENT_PROPERTY_UNDEFINED) the recipient has
//                            no such property, or one that cannot be a value
//         kInvalidArgument   CheckPartitionFilter
Result<std::shared_ptr<const PartitionFilter>> Bind(const PartitionFilter& filter,
                                                    const RecipientProperties& properties);

// SHA-256, in hexadecimal, of what the filter says. The order of tuples, of terms and of the values
// of IN does not matter, nor does saying a thing twice.
std::string HashOf(const PartitionFilter& filter);

}  // namespace sluice::catalog
