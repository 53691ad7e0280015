#include "delta/version_head.h"

#include "base/testing/matchers.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;

Metadata Mapped(const std::string& mode, const std::string& column) {
  Metadata metadata;
  metadata.configuration["delta.columnMapping.mode"] = mode;
  metadata.schema_string = R"({"type":"struct","fields":[{"name":"a","type":"long",)"
                           R"("nullable":true,"metadata":{)" +
                           column + "}}]}";
  return metadata;
}

TEST(CheckHead, TellsTheFeaturesThatShowWithoutFiles) {
  Metadata metadata;
  metadata.schema_string =
      R"({"type":"struct","fields":[{"name":"v","type":"variant","nullable":true,"metadata":{}}]})";
  EXPECT_THAT(CheckHead({}, metadata)->Names(), ElementsAre("variantType"));
  metadata.schema_string = testing::kEmptySchema;
  EXPECT_FALSE(CheckHead({}, metadata)->any());
}

TEST(CheckHead, AMappedTableHasAPlaceForEveryColumn) {
  const Protocol protocol{2, 5, {}, {}};
  const std::string name = R"("delta.columnMapping.physicalName":"p")";
  const std::string id = R"("delta.columnMapping.id":1)";
  EXPECT_THAT(CheckHead(protocol, Mapped("name", name)), IsOk());
  EXPECT_THAT(CheckHead(protocol, Mapped("id", name + "," + id)), IsOk());
  EXPECT_THAT(CheckHead(protocol, Mapped("none", "")), IsOk());
  EXPECT_THAT(CheckHead({}, Mapped("name", "")), IsOk()) << "without the feature it is no mapping";
  for (const auto& metadata :
       {Mapped("name", ""), Mapped("name", id), Mapped("id", id), Mapped("id", name)}) {
    EXPECT_THAT(CheckHead(protocol, metadata), IsError(Code::kCorrupt, "column mapping"));
  }
}

TEST(CheckHead, RefusesWhatCannotBeRead) {
  Metadata metadata;
  metadata.schema_string = testing::kEmptySchema;
  EXPECT_THAT(CheckHead({9, 9, {}, {}}, metadata), IsError(Code::kUnsupported, "version 9"));
  EXPECT_THAT(CheckHead({2, 5, {}, {}}, Mapped("fancy", "")), IsError(Code::kUnsupported));
  metadata.format_provider = "orc";
  EXPECT_THAT(CheckHead({}, metadata), IsError(Code::kUnsupported, "Parquet"));
  metadata.format_provider = "parquet";
  metadata.schema_string = "{";
  EXPECT_THAT(CheckHead({}, metadata), IsError(Code::kCorrupt, "schema"));
}

}  // namespace
}  // namespace sluice::delta
