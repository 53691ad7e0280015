// delta/table_statistics.h -- what the log knows of a version's rows, all files together.
//
// Every file is walked once; memory does not depend on how many there are, but for the partitions,
// whose number is limited. Nothing of statistics has to be there or to be sound: what is told is
// told of the files that tell. Source: Delta PROTOCOL.md, "Per-file Statistics".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/snapshot.h"
#include "delta/value_range.h"

namespace sluice::delta {

// A bound as its file has it.
struct Bound {
  Value value;
  std::string text;
  bool is_number = false;  // in JSON; else a text, or a boolean ("true", "false")
  bool is_bool = false;
};

struct ColumnSummary {
  std::string name;  // "address.city"
  std::string type;  // as SQL
  std::optional<Bound> least;
  std::optional<Bound> most;
  std::optional<int64_t> nulls;        // nothing: some file does not tell
  uint64_t files_with_statistics = 0;  // that tell of this column
  bool exact = true;                   // the bounds are values of rows
};

struct RowCounts {
  uint64_t files = 0;
  uint64_t bytes = 0;
  int64_t known_records = 0;    // of files that tell, without deleted rows
  uint64_t files_untold = 0;    // that do not tell how many rows they have
  int64_t deleted_records = 0;  // by deletion vectors

  std::optional<int64_t> records() const {
    return files_untold == 0 ? std::optional(known_records) : std::nullopt;
  }
};

struct TableStatistics {
  RowCounts counts;
  std::vector<ColumnSummary> columns;
  bool more_columns = false;
};

inline constexpr size_t kMostSummarisedColumns = 100;

// Errors: kCorrupt  the schema; those of FileCursor
Result<TableStatistics> Summarise(const Snapshot& snapshot);

struct PartitionSummary {
  std::string values;  // a JSON object, by the names of columns, in the order of partitioning
  RowCounts counts;
};

inline constexpr size_t kMostPartitions = 100'000;

// In the order of their values as text. A table without partition columns has one.
// Errors: kUnsupported  there are more than kMostPartitions; those of FileCursor
Result<std::vector<PartitionSummary>> SummarisePartitions(const Snapshot& snapshot);

}  // namespace sluice::delta
