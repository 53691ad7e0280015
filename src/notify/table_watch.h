// notify/table_watch.h -- what a shared table looks like, and what changed since the last look.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace sluice::notify {

struct TableLook {
  int64_t version = 0;
  std::string schema{};  // metaData.schemaString
};
// How a table looks now, by its location.
using LookAtTable = std::function<Result<TableLook>(const std::string& location)>;

// What was told of a table last, as it is kept.
struct TableKnown {
  int64_t version = 0;
  std::string columns{};  // ColumnsOf
  TimePoint told_at{};
};
std::string WriteTableKnown(const TableKnown& known);
std::optional<TableKnown> ReadTableKnown(std::string_view text);

// The columns of a schema with their types, as TableKnown has them; empty: it cannot be read.
std::string ColumnsOf(std::string_view schema);
// "added: b string; removed: a long"; empty: they are the same.
std::string ColumnChanges(std::string_view before, std::string_view after);

}  // namespace sluice::notify
