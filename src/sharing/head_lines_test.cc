#include "sharing/head_lines.h"

#include "base/json.h"
#include "base/testing/matchers.h"
#include "sharing/testing/fake_snapshot.h"

namespace sluice::sharing {
namespace {

using ::sluice::testing::IsError;
using testing::FakeSnapshot;

struct Lines {
  json::Value protocol;
  json::Value metadata;
};

Lines Head(Format format, const Capabilities& capabilities, const FakeSnapshot& snapshot,
           bool by_version = false) {
  catalog::SharedTable table;
  table.id = "table-id";
  table.location = "/secret/place";
  const Result<std::string> text = HeadLines(format, capabilities, table, snapshot, by_version);
  EXPECT_TRUE(text.has_value());
  EXPECT_EQ(text->find("secret"), std::string::npos);
  const size_t newline = text->find('\n');
  EXPECT_EQ(text->find('\n', newline + 1), text->size() - 1);
  return {*json::Parse(text->substr(0, newline)), *json::Parse(text->substr(newline + 1))};
}

FakeSnapshot Table() {
  FakeSnapshot snapshot;
  snapshot.version_ = 7;
  snapshot.num_files_ = 3;
  snapshot.size_ = {1234};
  snapshot.metadata_.id = "delta-id";
  snapshot.metadata_.partition_columns = {"d"};
  snapshot.metadata_.configuration = {{"delta.enableDeletionVectors", "true"},
                                      {"delta.constraints.c", "price > secret"},
                                      {"owner", "secret"}};
  snapshot.metadata_.schema_string = R"json({"type":"struct","fields":[{"name":"a",
      "type":{"type":"array","elementType":{"type":"struct","fields":[
        {"name":"b","type":"long","nullable":true,"metadata":{"comment":"in","x":1}}]},
        "containsNull":true},
      "nullable":true,
      "metadata":{"comment":"out","delta.generationExpression":"secret()",
                  "delta.columnMapping.id":4}}]})json";
  snapshot.protocol_ = {3, 7, std::vector<std::string>{"deletionVectors", "timestampNtz"},
                        std::vector<std::string>{"deletionVectors", "timestampNtz", "appendOnly"}};
  return snapshot;
}

TEST(HeadLines, WhereTheTableLiesIsToldWithDirectoryAccessAlone) {
  catalog::SharedTable table;
  table.location = "s3a://lake/orders/";
  FakeSnapshot snapshot = Table();
  for (const Format format : {Format::kParquet, Format::kDelta}) {
    const auto told = [&] { return HeadLines(format, {}, table, snapshot, true).value(); };
    table.directory.clear();
    snapshot.num_outside_ = 0;
    EXPECT_EQ(told().find("lake"), std::string::npos);
    EXPECT_EQ(told().find("accessModes"), std::string::npos);
    table.directory = "s3://lake/orders";
    const std::string lines = told();
    const json::Value line = json::Parse(lines.substr(lines.find('\n') + 1)).value();
    EXPECT_EQ(line.at("metaData").at("location").as_string(), "s3://lake/orders");
    EXPECT_EQ(line.at("metaData").at("accessModes"), (json::Array{"url", "dir"}));
    snapshot.num_outside_ = 1;
    EXPECT_EQ(told().find("lake"), std::string::npos) << "its folder alone would not do";
  }
}

TEST(HeadLines, ParquetFormatTellsTheProtocolsFields) {
  const Lines lines = Head(Format::kParquet, {}, Table());
  EXPECT_EQ(json::Serialize(lines.protocol), R"({"protocol":{"minReaderVersion":1}})");
  const json::Value& m = lines.metadata.at("metaData");
  EXPECT_EQ(m.at("id").as_string(), "table-id");
  EXPECT_EQ(json::Serialize(m.at("format")), R"({"provider":"parquet"})");
  EXPECT_EQ(json::Serialize(m.at("partitionColumns")), R"(["d"])");
  EXPECT_EQ(m.at("size").as_int64(), 1234);
  EXPECT_EQ(m.at("numFiles").as_int64(), 3);
  EXPECT_FALSE(m.as_object().contains("version"));
  EXPECT_FALSE(m.as_object().contains("configuration"));
}

TEST(HeadLines, AVersionIsToldToThoseWhoAskedForOne) {
  const Lines lines = Head(Format::kParquet, {}, Table(), true);
  EXPECT_EQ(lines.metadata.at("metaData").at("version").as_int64(), 7);
}

TEST(HeadLines, SchemasKeepWhatReadersNeed) {
  const Lines parquet = Head(Format::kParquet, {}, Table());
  const auto schema = *json::Parse(
      std::string_view(parquet.metadata.at("metaData").at("schemaString").as_string()));
  const json::Value& field = schema.at("fields").as_array()[0];
  EXPECT_EQ(json::Serialize(field.at("metadata")), R"({"comment":"out"})");
  const json::Value& inner = field.at("type").at("elementType").at("fields").as_array()[0];
  EXPECT_EQ(json::Serialize(inner.at("metadata")), R"({"comment":"in"})");

  const Lines delta = Head(Format::kDelta, {}, Table());
  const std::string text(
      delta.metadata.at("metaData").at("deltaMetadata").at("schemaString").as_string());
  EXPECT_NE(text.find("delta.columnMapping.id"), std::string::npos);
  EXPECT_EQ(text.find("generationExpression"), std::string::npos);
}

TEST(HeadLines, DeltaFormatServesTheProtocolTheClientCanUse) {
  Capabilities capabilities;
  capabilities.reader_features = {"deletionvectors"};
  const Lines knows = Head(Format::kDelta, capabilities, Table());
  const json::Value& protocol = knows.protocol.at("protocol").at("deltaProtocol");
  EXPECT_EQ(protocol.at("minReaderVersion").as_int64(), 3);
  EXPECT_EQ(json::Serialize(protocol.at("readerFeatures")),
            R"(["deletionVectors","timestampNtz"])");
  // The version has no live deletion vector, so a client that cannot read them is not told of them.
  const Lines knows_not = Head(Format::kDelta, {}, Table());
  EXPECT_EQ(
      json::Serialize(knows_not.protocol.at("protocol").at("deltaProtocol").at("readerFeatures")),
      R"(["timestampNtz"])");
}

TEST(HeadLines, DeltaMetadataLeavesTheProvidersPropertiesOut) {
  const Lines lines = Head(Format::kDelta, {}, Table());
  const json::Value& m = lines.metadata.at("metaData").at("deltaMetadata");
  EXPECT_EQ(m.at("id").as_string(), "table-id");
  EXPECT_EQ(json::Serialize(m.at("configuration")), R"({"delta.enableDeletionVectors":"true"})");
  EXPECT_EQ(json::Serialize(m.at("format")), R"({"provider":"parquet","options":{}})");
}

TEST(HeadLines, ASchemaThatIsNotJsonIsCorrupt) {
  FakeSnapshot snapshot;
  snapshot.metadata_.schema_string = "{oops";
  EXPECT_THAT(HeadLines(Format::kParquet, {}, {}, snapshot, false), IsError(Code::kCorrupt));
}

}  // namespace
}  // namespace sluice::sharing
