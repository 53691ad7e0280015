#include "delta/table_statistics.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "base/testing/matchers.h"
#include "delta/schema_tree.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using testing::TestTable;

// Columns p (partition), n, and s.t within a struct.
constexpr std::string_view kMetadata =
    R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":)"
    R"("{\"type\":\"struct\",\"fields\":[{\"name\":\"p\",\"type\":\"integer\",\"metadata\":{}},)"
    R"({\"name\":\"n\",\"type\":\"long\",\"metadata\":{}},{\"name\":\"s\",\"type\":{\"type\":)"
    R"(\"struct\",\"fields\":[{\"name\":\"t\",\"type\":\"string\",\"metadata\":{}}]},)"
    R"(\"metadata\":{}}]}","partitionColumns":["p"],"configuration":{}}})";

// `stats` as JSON, its quotes escaped here; empty: none. `vector`: rows deleted.
std::string Add(std::string_view path, std::string_view p, std::string_view stats, int vector = 0) {
  std::string escaped;
  for (const char c : stats) escaped += c == '"' ? std::string("\\\"") : std::string(1, c);
  const std::string field = stats.empty() ? "" : fmt::format(R"(,"stats":"{}")", escaped);
  const std::string deleted =
      vector == 0 ? ""
                  : fmt::format(R"(,"deletionVector":{{"storageType":"u","pathOrInlineDv":"{}",)"
                                R"("offset":1,"sizeInBytes":4,"cardinality":{}}})",
                                "ab^-aqEH.-t@S}K{vb[*k^", vector);
  return fmt::format(R"({{"add":{{"path":"{}","partitionValues":{{"p":{}}},"size":10,)"
                     R"("modificationTime":1,"dataChange":true{}{}}}}})",
                     path, p, field, deleted);
}

class Statistics : public ::testing::Test {
 protected:
  TableStatistics Of(std::vector<std::string> adds) {
    return Summarise(*Load(std::move(adds))).value();
  }
  std::shared_ptr<const Snapshot> Load(std::vector<std::string> adds) {
    const std::string protocol =
        R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":)"
        R"(["deletionVectors"],"writerFeatures":["deletionVectors"]}})";
    adds.insert(adds.begin(), {protocol, std::string(kMetadata)});
    table_.Commit(0, adds);
    return snapshots_.Latest(table_.location()).value();
  }

  TestTable table_;
  testing::LineCheckpointReader reader_;
  SystemClock clock_;
  Metrics metrics_;
  SecureRandom random_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
};

constexpr std::string_view kFirst =
    R"({"numRecords":4,"minValues":{"n":-2,"s":{"t":"a"}},"maxValues":{"n":9,"s":{"t":"k"}},)"
    R"("nullCount":{"n":1,"s":{"t":0}}})";
constexpr std::string_view kSecond =
    R"({"numRecords":6,"minValues":{"n":3},"maxValues":{"n":10},"nullCount":{"n":0,"s":{"t":6}}})";

TEST_F(Statistics, AreThoseOfAllFiles) {
  const TableStatistics told = Of({Add("a", "\"2\"", kFirst), Add("b", "\"10\"", kSecond)});
  EXPECT_EQ(told.counts.files, 2);
  EXPECT_EQ(told.counts.bytes, 20);
  EXPECT_EQ(told.counts.records(), 10);
  ASSERT_EQ(told.columns.size(), 3);
  const ColumnSummary& n = told.columns[1];
  EXPECT_EQ(n.name, "n");
  EXPECT_EQ(n.type, "bigint");
  EXPECT_EQ(n.least->text, "-2");
  EXPECT_EQ(n.most->text, "10");
  EXPECT_EQ(n.nulls, 1);
  EXPECT_TRUE(n.exact);
  const ColumnSummary& t = told.columns[2];
  EXPECT_EQ(t.name, "s.t");
  EXPECT_EQ(t.most->text, "k");
  EXPECT_EQ(t.nulls, 6);
  EXPECT_TRUE(t.exact);  // the second file has no value
}

TEST_F(Statistics, PartitionValuesCountAsNumbers) {
  const TableStatistics told =
      Of({Add("a", "\"2\"", kFirst), Add("b", "\"10\"", kSecond), Add("c", "null", kFirst)});
  EXPECT_EQ(told.columns[0].least->text, "2");
  EXPECT_EQ(told.columns[0].most->text, "10");
  EXPECT_EQ(told.columns[0].nulls, 4);
}

TEST_F(Statistics, WhatAFileDoesNotTellIsNotKnown) {
  const TableStatistics told = Of({Add("a", "\"2\"", kFirst), Add("b", "\"2\"", "")});
  EXPECT_EQ(told.counts.records(), std::nullopt);
  EXPECT_EQ(told.counts.known_records, 4);
  EXPECT_EQ(told.columns[1].nulls, std::nullopt);
  EXPECT_EQ(told.columns[1].files_with_statistics, 1);
  EXPECT_FALSE(told.columns[1].exact);
}

TEST_F(Statistics, DeletedRowsAreNoRecords) {
  const TableStatistics told = Of({Add("a", "\"2\"", kFirst, 3)});
  EXPECT_EQ(told.counts.records(), 1);
  EXPECT_EQ(told.counts.deleted_records, 3);
  EXPECT_FALSE(told.columns[1].exact);
}

TEST_F(Statistics, NobodyHasToBeSound) {
  constexpr std::string_view kMost =
      R"({"numRecords":9223372036854775807,"nullCount":{"n":9223372036854775807}})";
  const TableStatistics told = Of({Add("a", "\"2\"", kMost), Add("b", "\"2\"", kMost),
                                   Add("c", "\"x\"", R"({"numRecords":-1,"minValues":7})")});
  EXPECT_EQ(told.counts.records(), std::nullopt);
  EXPECT_EQ(told.columns[1].nulls, std::nullopt);
}

TEST_F(Statistics, PartitionsAreCounted) {
  const auto told =
      SummarisePartitions(*Load({Add("a", "\"2\"", kFirst), Add("b", "\"10\"", kSecond),
                                 Add("c", "\"2\"", kSecond, 1), Add("d", "\"\"", "")}))
          .value();
  ASSERT_EQ(told.size(), 3);
  EXPECT_EQ(told[0].values, R"({"p":"10"})");
  EXPECT_EQ(told[1].values, R"({"p":"2"})");
  EXPECT_EQ(told[1].counts.files, 2);
  EXPECT_EQ(told[1].counts.records(), 9);
  EXPECT_EQ(told[2].values, R"({"p":null})");
  EXPECT_EQ(told[2].counts.records(), std::nullopt);
}

TEST(SchemaTree, NamesTypesAsSqlDoes) {
  const auto fields = ReadSchemaTree(
      R"x({"type":"struct","fields":[{"name":"a","type":{"type":"map","keyType":"long",)x"
      R"x("valueType":{"type":"array","elementType":{"type":"struct","fields":[)x"
      R"x({"name":"b","type":"decimal(10,2)","metadata":{"delta.columnMapping.id":7}}]}}}}]})x");
  ASSERT_THAT(fields, sluice::testing::IsOk());
  EXPECT_EQ(SqlTypeText(fields->front().type), "map<bigint,array<struct<b:decimal(10,2)>>>");
  EXPECT_EQ(fields->front().type.items[1].items[0].fields[0].id, 7);
  EXPECT_THAT(ReadSchemaTree(R"({"type":"struct","fields":[{"name":"a"}]})"),
              sluice::testing::IsError(Code::kCorrupt));
}

}  // namespace
}  // namespace sluice::delta
