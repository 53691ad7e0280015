// server/demo_tables.h -- what the demo lakehouse holds: a retailer's tables, as SQL over row
// numbers.
//
// Every value is a hash of its row number, so that each run makes the same rows. Orders and events
// refer to customers and products that exist.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace sluice::server {

struct DemoColumn {
  std::string name;
  std::string delta_type;  // "Primitive Types" of the Delta protocol
};

// One commit: the rows of `source` that `where` selects, one file for each combination of partition
// values and each of `slices`.
struct DemoCommit {
  std::string operation;
  TimePoint time;
  std::string source;  // a table of the engine's; empty: no rows
  std::string where = "true";
  std::vector<std::string> slices = {"true"};
  // The live files with the same partition values are removed.
  bool replaces_partitions = false;
};

struct DemoTable {
  std::string name;
  std::string description;
  std::vector<DemoColumn> columns;
  std::vector<std::string> partition_columns;
  std::vector<DemoCommit> commits;  // versions 0, 1, 2 ...
  int checkpoint_version = -1;      // none below 0
};

// Statements that make the sources, with what they make in a word; to be run in this order in an
// engine that has no schema "demo".
struct DemoStatement {
  std::string_view what;
  std::string sql;
};
std::vector<DemoStatement> DemoSources();

std::vector<DemoTable> DemoTables();

}  // namespace sluice::server
