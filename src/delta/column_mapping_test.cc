#include "delta/column_mapping.h"

#include "base/testing/matchers.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;

Metadata WithMode(const std::string& mode) {
  Metadata metadata;
  metadata.configuration["delta.columnMapping.mode"] = mode;
  return metadata;
}

Protocol WithFeature(const std::string& feature) { return {3, 7, {{feature}}, {{feature}}}; }

TEST(ColumnMapping, IsThePropertyWhereTheProtocolHasTheFeature) {
  const Protocol legacy{2, 5, {}, {}};
  EXPECT_THAT(ColumnMappingOf(legacy, WithMode("name")), IsOkAnd(ColumnMapping::kName));
  EXPECT_THAT(ColumnMappingOf(legacy, WithMode("id")), IsOkAnd(ColumnMapping::kId));
  EXPECT_THAT(ColumnMappingOf(legacy, WithMode("none")), IsOkAnd(ColumnMapping::kNone));
  EXPECT_THAT(ColumnMappingOf(legacy, {}), IsOkAnd(ColumnMapping::kNone));
  EXPECT_THAT(ColumnMappingOf(WithFeature("columnMapping"), WithMode("name")),
              IsOkAnd(ColumnMapping::kName));
}

TEST(ColumnMapping, DoesNotCountWithoutTheFeature) {
  EXPECT_THAT(ColumnMappingOf({1, 2, {}, {}}, WithMode("name")), IsOkAnd(ColumnMapping::kNone));
  EXPECT_THAT(ColumnMappingOf(WithFeature("timestampNtz"), WithMode("name")),
              IsOkAnd(ColumnMapping::kNone));
}

TEST(ColumnMapping, RefusesAModeNobodyKnows) {
  EXPECT_THAT(ColumnMappingOf({2, 5, {}, {}}, WithMode("fancy")), IsError(Code::kUnsupported));
}

}  // namespace
}  // namespace sluice::delta
