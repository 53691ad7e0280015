// unity/insights.h -- what is told of a table's versions, sizes and rows, as JSON: to those who
// manage it, and to recipients.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "delta/commit_summary.h"
#include "delta/snapshot.h"
#include "delta/table_statistics.h"
#include "engine/row_reader.h"
#include "net/http.h"
#include "unity/list.h"
#include "unity/services.h"

namespace sluice::unity {

// The parameters `version` and `limit`. Errors: kInvalidArgument
Result<std::optional<delta::Version>> VersionOf(const net::Request& request);
Result<size_t> RowLimitOf(const net::Request& request);
// Where a list of versions goes on; nothing: at the newest. Errors: kInvalidArgument
Result<std::optional<delta::Version>> NextVersionOf(const ListPage& page);

// A failure under a table, in words without places.
Error TableFailure(Error error);

json::Object CommitJson(const delta::CommitSummary& commit);
// Without what is the provider's alone: people, programs, parameters, counts.
json::Object SharedCommitJson(const delta::CommitSummary& commit);
json::Object StatisticsJson(const delta::Snapshot& snapshot, const delta::TableStatistics& told);
// "num_files", "size_bytes", "num_records"
void PutCounts(json::Object& object, const delta::RowCounts& counts);

// The first `most` files: {"partition_values": {...}, "size": 1, "num_records": 2}. By the names of
// columns, not of files. Errors: those of FileCursor
Result<json::Array> FilesJson(const delta::Snapshot& snapshot, size_t most);

// "TableSample" as text: rows come as JSON. Errors: those of RowReader::Read
Result<std::string> SampleText(const Services& services, const std::string& location,
                               const std::shared_ptr<const delta::Snapshot>& snapshot,
                               const engine::RowsWanted& wanted);

}  // namespace sluice::unity
