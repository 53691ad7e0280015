// delta/schema.h -- what a table's schema says about how it must be read.
//
// Source: Delta PROTOCOL.md, "Schema Serialization Format", "Type Widening", "Column Mapping".
#pragma once

#include "base/result.h"
#include "delta/actions.h"
#include "delta/table_features.h"

namespace sluice::delta {

// Column types and properties that parquet answers cannot carry; deletion vectors are not looked
// at. Errors: kCorrupt  schemaString is not a struct type in JSON, or a partition column is not in
// it
Result<AdvancedFeatures> FeaturesOf(const Metadata& metadata);

}  // namespace sluice::delta
