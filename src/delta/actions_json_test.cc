#include "delta/actions_json.h"

#include "base/testing/matchers.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;

Result<Action> Parse(std::string_view line) { return LogLineParser().Parse(line); }

template <class T>
T ParseAs(std::string_view line) {
  Result<Action> action = Parse(line);
  EXPECT_THAT(action, IsOk()) << line;
  if (!action.has_value() || !std::holds_alternative<T>(*action)) {
    ADD_FAILURE() << "another action: " << line;
    return {};
  }
  return std::get<T>(*std::move(action));
}

TEST(LogLineParser, ReadsAnAdd) {
  const auto add = ParseAs<AddFile>(
      R"({"add":{"path":"d=1/p%20q","partitionValues":{"d":"1","e":null,"f":""},"size":841454,)"
      R"("modificationTime":1512909768000,"dataChange":false,"stats":"{\"numRecords\":1}",)"
      R"("tags":{"x":"y"},"baseRowId":4071,"defaultRowCommitVersion":41,)"
      R"("clusteringProvider":"liquid","deletionVector":{"storageType":"u",)"
      R"("pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,"cardinality":6}}})");
  EXPECT_EQ(add.path, "d=1/p%20q");
  EXPECT_THAT(add.partition_values,
              ElementsAre(Pair("d", Optional(std::string("1"))), Pair("e", std::nullopt),
                          Pair("f", Optional(std::string()))));
  EXPECT_EQ(add.size, 841454);
  EXPECT_EQ(add.modification_time, 1512909768000);
  EXPECT_FALSE(add.data_change);
  EXPECT_EQ(add.stats, R"({"numRecords":1})");
  EXPECT_EQ(add.base_row_id, 4071);
  EXPECT_EQ(add.default_row_commit_version, 41);
  EXPECT_EQ(add.clustering_provider, "liquid");
  ASSERT_TRUE(add.deletion_vector.has_value());
  EXPECT_EQ(add.deletion_vector->UniqueId(), "uab^-aqEH.-t@S}K{vb[*k^@4");
  EXPECT_EQ(add.deletion_vector->size_in_bytes, 40);
  EXPECT_EQ(add.deletion_vector->cardinality, 6);
}

TEST(LogLineParser, OfADomainTheNameIsKept) {
  EXPECT_EQ(ParseAs<DomainMetadata>(
                R"({"domainMetadata":{"domain":"d","configuration":"{}","removed":true}})")
                .domain,
            "d");
  EXPECT_THAT(Parse(R"({"domainMetadata":{"configuration":""}})"), IsError(Code::kCorrupt));
  EXPECT_THAT(Parse(R"({"domainMetadata":{"domain":"d","configuration":{}}})"),
              IsError(Code::kCorrupt, "'configuration' has the wrong type"));
  EXPECT_THAT(Parse(R"({"domainMetadata":{"domain":"d","removed":"no"}})"),
              IsError(Code::kCorrupt, "'removed' has the wrong type"));
}

TEST(LogLineParser, TakesNullForAbsent) {
  const auto add = ParseAs<AddFile>(
      R"({"add":{"path":"p","size":0,"partitionValues":null,"stats":null,"deletionVector":null,)"
      R"("baseRowId":null},"remove":null})");
  EXPECT_TRUE(add.partition_values.empty());
  EXPECT_FALSE(add.stats || add.deletion_vector || add.base_row_id);
  EXPECT_TRUE(add.data_change);
}

TEST(LogLineParser, ReadsARemove) {
  const auto remove = ParseAs<RemoveFile>(
      R"({"remove":{"path":"file:/x","deletionTimestamp":200,"dataChange":false}})");
  EXPECT_EQ(remove.path, "file:/x");
  EXPECT_FALSE(remove.deletion_vector.has_value());
}

TEST(LogLineParser, ReadsMetadata) {
  const auto metadata = ParseAs<Metadata>(
      R"({"metaData":{"id":"i","name":"n","description":"d","format":{"provider":"parquet",)"
      R"("options":{"a":"b"}},"schemaString":"{}","partitionColumns":["d","s"],)"
      R"("configuration":{"k":"v","gone":null},"createdTime":5}})");
  EXPECT_EQ(metadata.id, "i");
  EXPECT_EQ(metadata.name, "n");
  EXPECT_EQ(metadata.description, "d");
  EXPECT_THAT(metadata.format_options, ElementsAre(Pair("a", "b")));
  EXPECT_EQ(metadata.schema_string, "{}");
  EXPECT_THAT(metadata.partition_columns, ElementsAre("d", "s"));
  EXPECT_THAT(metadata.configuration, ElementsAre(Pair("k", "v")));
  EXPECT_EQ(metadata.created_time, 5);
}

TEST(LogLineParser, ReadsProtocolAndCommitInfo) {
  const auto protocol = ParseAs<Protocol>(
      R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["a"],)"
      R"("writerFeatures":[]}})");
  EXPECT_EQ(protocol.min_reader_version, 3);
  EXPECT_EQ(protocol.min_writer_version, 7);
  EXPECT_THAT(protocol.reader_features, Optional(ElementsAre("a")));
  EXPECT_THAT(protocol.writer_features, Optional(ElementsAre()));
  EXPECT_EQ(ParseAs<CommitInfo>(R"({"commitInfo":{"inCommitTimestamp":7}})").in_commit_timestamp,
            7);
  EXPECT_FALSE(ParseAs<CommitInfo>(R"({"commitInfo":{"x":[1]}})").in_commit_timestamp.has_value());
}

TEST(LogLineParser, PassesOverUnknownActionsAndFields) {
  for (const std::string_view line : {R"({"txn":{"appId":"a","version":1}})",
                                      R"({"somethingNew":[1,2]})", "{}", R"({"sidecar":null})"}) {
    EXPECT_TRUE(std::holds_alternative<std::monostate>(Parse(line).value())) << line;
  }
  ParseAs<AddFile>(R"({"add":{"path":"p","size":1,"new":{"path":7}}})");
}

TEST(LogLineParser, ReadsWhatChangeFeedsNeed) {
  const auto cdc = ParseAs<CdcFile>(
      R"({"cdc":{"path":"_change_data/c","partitionValues":{"p":"x"},"size":5,"dataChange":false}})");
  EXPECT_EQ(cdc.path, "_change_data/c");
  EXPECT_EQ(cdc.size, 5);
  EXPECT_EQ(cdc.partition_values.size(), 1U);
  const auto removed = ParseAs<RemoveFile>(
      R"({"remove":{"path":"p","deletionTimestamp":7,"dataChange":false,"size":3,)"
      R"("partitionValues":{"p":null},"baseRowId":4,"defaultRowCommitVersion":2}})");
  EXPECT_EQ(removed.deletion_timestamp, 7);
  EXPECT_FALSE(removed.data_change);
  EXPECT_EQ(removed.size, 3);
  ASSERT_TRUE(removed.partition_values.has_value());
  EXPECT_EQ(removed.partition_values->front().second, std::nullopt);
  EXPECT_EQ(removed.base_row_id, 4);
  EXPECT_EQ(removed.default_row_commit_version, 2);
  EXPECT_FALSE(ParseAs<RemoveFile>(R"({"remove":{"path":"p"}})").partition_values.has_value());
  for (const std::string_view line :
       {R"({"cdc":{"path":"p"}})", R"({"cdc":{"size":1}})", R"({"cdc":{"path":"p","size":-1}})",
        R"({"remove":{"path":"p","size":-1}})", R"({"remove":{"path":"p","dataChange":"no"}})"}) {
    EXPECT_THAT(Parse(line), IsError(Code::kCorrupt)) << line;
  }
}

TEST(LogLineParser, ReadsWhatOnlyCheckpointsHold) {
  const auto sidecar = ParseAs<Sidecar>(
      R"({"sidecar":{"path":"a%20b.parquet","sizeInBytes":7,"modificationTime":8,"tags":{}}})");
  EXPECT_EQ(sidecar.path, "a%20b.parquet");
  EXPECT_EQ(sidecar.size, 7);
  EXPECT_EQ(sidecar.modification_time, 8);
  EXPECT_EQ(
      ParseAs<CheckpointMetadata>(R"({"checkpointMetadata":{"version":3,"tags":null}})").version,
      3);
  for (const std::string_view line :
       {R"({"sidecar":{}})", R"({"sidecar":{"path":"","sizeInBytes":7,"modificationTime":8}})",
        R"({"sidecar":{"path":"p","modificationTime":8}})",
        R"({"sidecar":{"path":"p","sizeInBytes":-7,"modificationTime":8}})",
        R"({"sidecar":{"path":"p","sizeInBytes":7}})", R"({"checkpointMetadata":{}})",
        R"({"checkpointMetadata":{"version":"3"}})"}) {
    EXPECT_THAT(Parse(line), IsError(Code::kCorrupt)) << line;
  }
}

// Writers put there what they like.
TEST(LogLineParser, TakesCommitInfoAsItComes) {
  EXPECT_TRUE(ParseAs<CommitInfo>(R"({"commitInfo":{"operation":"MERGE","operationMetrics":{)"
                                  R"("numTargetRowsInserted":"0","numTargetRowsUpdated":"0",)"
                                  R"("numTargetRowsDeleted":"0"}}})")
                  .changes_no_row);
  for (const std::string_view line :
       {R"({"commitInfo":{"operation":"MERGE","operationMetrics":{"numTargetRowsInserted":"0"}}})",
        R"({"commitInfo":{"operation":"MERGE"}})", R"({"commitInfo":{"operation":["MERGE"]}})",
        R"({"commitInfo":{"operation":"MERGE","operationMetrics":7}})"}) {
    EXPECT_FALSE(ParseAs<CommitInfo>(line).changes_no_row) << line;
  }
}

TEST(LogLineParser, RefusesWhatIsNotJson) {
  for (const std::string_view line :
       {"", " ", "x", "[]", "7", "null", R"({"add":{"path":"p","size":1})", R"({"add":{"path":"p)",
        R"({"txn":{,}})", R"({"add":{"path":"p","size":1}} x)", "{\"add\":{\"path\":\"\xff\"}}",
        R"({"add":{"path":"p","size":1}}{"add":{"path":"p","size":1}})",
        R"({"unknown":{"broken":tru}})", R"({"add":{"path":"\x","size":1}})"}) {
    EXPECT_THAT(Parse(line), IsError(Code::kCorrupt)) << line;
  }
  EXPECT_THAT(Parse(std::string(5000, '[')), IsError(Code::kCorrupt));
}

TEST(LogLineParser, RefusesWhatAReaderCannotDoWithout) {
  EXPECT_THAT(Parse(R"({"add":{"size":1}})"), IsError(Code::kCorrupt, "an add without a path"));
  EXPECT_THAT(Parse(R"({"add":{"path":"","size":1}})"), IsError(Code::kCorrupt, "path"));
  EXPECT_THAT(Parse(R"({"add":{"path":"p"}})"), IsError(Code::kCorrupt, "size"));
  EXPECT_THAT(Parse(R"({"add":{"path":"p","size":-1}})"), IsError(Code::kCorrupt, "size"));
  EXPECT_THAT(Parse(R"({"remove":{}})"), IsError(Code::kCorrupt, "a remove without a path"));
  EXPECT_THAT(Parse(R"({"metaData":{"schemaString":"{}"}})"), IsError(Code::kCorrupt, "an id"));
  EXPECT_THAT(Parse(R"({"metaData":{"id":"i"}})"), IsError(Code::kCorrupt, "a schemaString"));
  EXPECT_THAT(Parse(R"({"protocol":{"minReaderVersion":1}})"), IsError(Code::kCorrupt));
}

TEST(LogLineParser, RefusesWrongTypes) {
  for (const std::string_view line :
       {R"({"add":[]})", R"({"add":{"path":7,"size":1}})", R"({"add":{"path":"p","size":"1"}})",
        R"({"add":{"path":"p","size":1.5}})", R"({"add":{"path":"p","size":99999999999999999999}})",
        R"({"add":{"path":"p","size":1,"partitionValues":[]}})",
        R"({"add":{"path":"p","size":1,"partitionValues":{"a":1}}})",
        R"({"add":{"path":"p","size":1,"stats":{}}})",
        R"({"add":{"path":"p","size":1,"dataChange":"no"}})",
        R"({"add":{"path":"p","size":1,"deletionVector":"x"}})",
        R"({"add":{"path":"p","size":1,"deletionVector":{"storageType":"u"}}})",
        R"({"add":{"path":"p","size":1,"deletionVector":{"storageType":"q","pathOrInlineDv":"x",)"
        R"("sizeInBytes":1,"cardinality":1}}})",
        R"({"add":{"path":"p","size":1,"deletionVector":{"storageType":"u","pathOrInlineDv":"x",)"
        R"("sizeInBytes":1,"cardinality":-1}}})",
        R"({"protocol":{"minReaderVersion":4294967297,"minWriterVersion":2}})",
        R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[1]}})",
        R"({"metaData":{"id":"i","schemaString":{}}})",
        R"({"metaData":{"id":"i","partitionColumns":"d"}})",
        R"({"commitInfo":{"inCommitTimestamp":"x"}})"}) {
    EXPECT_THAT(Parse(line), IsError(Code::kCorrupt)) << line;
  }
}

TEST(LogLineParser, RefusesTwoActionsInALine) {
  EXPECT_THAT(Parse(R"({"add":{"path":"p","size":1},"remove":{"path":"q"}})"),
              IsError(Code::kCorrupt, "two actions"));
}

TEST(LogLineParser, ReadsInPlaceWhereThereIsRoomBehind) {
  std::string text = R"({"remove":{"path":"a"}})";
  const size_t size = text.size();
  text += "\n{\"remove\":{\"path\":\"b\"}}" + std::string(LogLineParser::kPadding, ' ');
  LogLineParser parser;
  for (int i = 0; i < 2; ++i) {
    const auto action = parser.Parse(std::string_view(text).substr(0, size), text.size() - size);
    ASSERT_THAT(action, IsOk());
    EXPECT_EQ(std::get<RemoveFile>(*action).path, "a");
  }
}

TEST(ParseLastCheckpoint, IsAHintOrNothing) {
  EXPECT_EQ(ParseLastCheckpoint(R"({"version":10,"size":5,"parts":3})"), 10);
  for (const std::string_view text :
       {"", "{}", "[10]", R"({"version":"10"})", R"({"version":-1})", R"({"version":1)", "\xff"}) {
    EXPECT_FALSE(ParseLastCheckpoint(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sluice::delta
