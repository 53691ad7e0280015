#include "delta/column_mapping.h"

#include <algorithm>
#include <string>

#include "base/encoding.h"

namespace sluice::delta {
namespace {

bool HasFeature(const Protocol& protocol) {
  constexpr int kLegacyReader = 2;
  if (protocol.min_reader_version == kLegacyReader) return true;
  if (!protocol.reader_features.has_value()) return false;
  const auto& names = *protocol.reader_features;
  return std::find(names.begin(), names.end(), "columnMapping") != names.end();
}

}  // namespace

Result<ColumnMapping> ColumnMappingOf(const Protocol& protocol, const Metadata& metadata) {
  const auto property = metadata.configuration.find("delta.columnMapping.mode");
  if (property == metadata.configuration.end() || !HasFeature(protocol)) {
    return ColumnMapping::kNone;
  }
  const std::string& mode = property->second;
  if (EqualsIgnoreCase(mode, "none")) return ColumnMapping::kNone;
  if (EqualsIgnoreCase(mode, "id")) return ColumnMapping::kId;
  if (EqualsIgnoreCase(mode, "name")) return ColumnMapping::kName;
  return Fail(Code::kUnsupported,
              "the table has a column mapping mode that this server does not support", mode);
}

}  // namespace sluice::delta
