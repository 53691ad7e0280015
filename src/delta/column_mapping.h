// delta/column_mapping.h -- whether a table's files name their columns otherwise than its schema.
//
// Source: Delta PROTOCOL.md, "Column Mapping".
#pragma once

#include "base/result.h"
#include "delta/actions.h"

namespace sluice::delta {

enum class ColumnMapping { kNone, kId, kName };

// The mode in force. The property counts only where the protocol has the feature.
// Errors: kUnsupported  a mode nobody knows
Result<ColumnMapping> ColumnMappingOf(const Protocol& protocol, const Metadata& metadata);

}  // namespace sluice::delta
