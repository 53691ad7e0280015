// sharing/shared_partitions.h -- the partitions that a share hands out of a table, as the reader of
// tables and the makers of tokens and links need them.
//
// Whoever reads for a recipient asks TermsOf: snapshots in one place, where table_request loads
// them, changes where a feed is opened. Whoever hands out something to come back with binds it to
// the filter, so that it is void once another one holds.
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "catalog/resolver.h"
#include "delta/partition_filter.h"
#include "sharing/page_token.h"

namespace sluice::sharing {

// Nothing: the whole table is shared.
// Errors: kPermissionDenied  the filter was not bound to the recipient
Result<std::optional<delta::PartitionTerms>> TermsOf(const catalog::SharedTable& table);

// What is void once the filter is another one. Empty: the whole table is shared. Valid as long as
// the table.
std::string_view FilterHash(const catalog::SharedTable& table);

// The scope of a token for something of the table, as it is shared now. Valid as long as all that
// it is made of.
TokenScope ScopeOf(std::string_view operation, std::string_view principal,
                   const catalog::SharedTable& table);

// Whether the changes of rows may be asked for.
inline bool ChangesShared(const catalog::SharedTable& table) {
  return table.history_shared || table.cdf_shared;
}

}  // namespace sluice::sharing
