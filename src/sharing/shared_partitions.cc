#include "sharing/shared_partitions.h"

#include <utility>

#include "base/encoding.h"

namespace sluice::sharing {
namespace {

delta::PartitionOp OpOf(const catalog::PartitionTerm& term) {
  switch (term.op) {
    case catalog::PartitionOp::kEqual:
      return term.values.empty() ? delta::PartitionOp::kIsNull : delta::PartitionOp::kIn;
    case catalog::PartitionOp::kLike: return delta::PartitionOp::kLike;
    case catalog::PartitionOp::kIn: return delta::PartitionOp::kIn;
    case catalog::PartitionOp::kGreaterThan: return delta::PartitionOp::kGreater;
    case catalog::PartitionOp::kGreaterThanOrEqual: return delta::PartitionOp::kGreaterOrEqual;
    case catalog::PartitionOp::kLessThan: return delta::PartitionOp::kLess;
    case catalog::PartitionOp::kLessThanOrEqual: return delta::PartitionOp::kLessOrEqual;
  }
  std::unreachable();
}

std::unexpected<Error> NotBound() {
  return Fail(Code::kPermissionDenied,
              "The partitions of the table that are shared with you are not known, please contact "
              "your share provider.",
              "a partition filter that is not bound to the recipient");
}

}  // namespace

Result<std::optional<delta::PartitionTerms>> TermsOf(const catalog::SharedTable& table) {
  if (table.filter == nullptr) return std::nullopt;
  if (table.filter->hash.empty()) return NotBound();
  delta::PartitionTerms terms{.tuples = {}, .id = table.filter->hash};
  for (const catalog::PartitionTuple& tuple : table.filter->tuples) {
    auto& made = terms.tuples.emplace_back();
    for (const catalog::PartitionTerm& term : tuple) {
      if (!term.recipient_property_key.empty()) return NotBound();
      made.push_back({term.column, OpOf(term), term.values});
    }
  }
  return terms;
}

std::string_view FilterHash(const catalog::SharedTable& table) {
  if (table.filter == nullptr) return {};
  // Without a hash it is not bound, and not to be taken for none.
  return table.filter->hash.empty() ? "not bound" : std::string_view(table.filter->hash);
}

TokenScope ScopeOf(std::string_view operation, std::string_view principal,
                   const catalog::SharedTable& table) {
  return {operation, principal, table.id, FilterHash(table)};
}

}  // namespace sluice::sharing
