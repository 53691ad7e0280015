// delta/column_statistics.h -- what partition values and statistics say of a column's values.
//
// Source: Delta PROTOCOL.md, "Per-file Statistics", "Partition Value Serialization". Bounds hold
// for all rows that a file has left, tight or not: so `tightBounds` is not asked for.
#pragma once

#include <cstdint>
#include <optional>

#include "delta/json_scalars.h"
#include "delta/value_type.h"

namespace sluice::delta {

// An empty text is null; a column that has no value at all may have any.
Range OfPartitionValue(const Type& type, const Scalar& value);

struct ColumnStatistics {
  Scalar least;
  Scalar most;
  Scalar nulls;
};
// `rows`: numRecords, if it is told.
Range OfStatistics(const Type& type, const ColumnStatistics& column, std::optional<int64_t> rows);

}  // namespace sluice::delta
