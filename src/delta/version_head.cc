#include "delta/version_head.h"

#include "delta/column_mapping.h"
#include "delta/schema.h"

namespace sluice::delta {

Result<AdvancedFeatures> CheckHead(const Protocol& protocol, const Metadata& metadata) {
  TRY(CheckReadable(protocol));
  if (metadata.format_provider != "parquet") {
    return Fail(Code::kUnsupported, "the table's files are not in Parquet format",
                metadata.format_provider);
  }
  const Schema schema = TRY(ParseSchema(metadata.schema_string));
  const ColumnMapping mapping = TRY(ColumnMappingOf(protocol, metadata));
  const bool mapped = mapping == ColumnMapping::kNone ||
                      (schema.named && (schema.numbered || mapping == ColumnMapping::kName));
  if (!mapped) {
    return Fail(
        Code::kCorrupt,
        "the table's schema is broken: a column has no place in the table's column mapping");
  }
  AdvancedFeatures features;
  features.column_mapping = mapping != ColumnMapping::kNone;
  features.timestamp_ntz = schema.timestamp_ntz;
  features.variant = schema.variant;
  features.type_widening = schema.widened;
  return features;
}

}  // namespace sluice::delta
