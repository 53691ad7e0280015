#include "delta/stored_file.h"

#include "base/testing/matchers.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;

AddFile AddOf(std::string path) {
  AddFile add;
  add.path = std::move(path);
  return add;
}

TEST(StoreFile, KeepsThePathAsWrittenBesideTheKey) {
  const StoredFile plain = StoreFile(AddOf("a%20b")).value();
  EXPECT_EQ(plain.key_path, "a%20b");
  EXPECT_EQ(plain.Row().entry.path, "a%20b");
  const StoredFile odd = StoreFile(AddOf("a b%7E")).value();
  EXPECT_EQ(odd.key_path, "a%20b~");
  EXPECT_EQ(odd.Row().entry.path, "a b%7E");
}

TEST(StoreFile, MarksFilesOutside) {
  EXPECT_FALSE(StoreFile(AddOf("a"))->outside);
  EXPECT_TRUE(StoreFile(AddOf("/a"))->outside);
  EXPECT_TRUE(StoreFile(AddOf("s3://b/a"))->outside);
  EXPECT_TRUE(StoreFile(AddOf("../a"))->outside);
  AddFile vector = AddOf("a");
  vector.deletion_vector = DeletionVector{'p', "s3://b/v.bin", 1, 1, 1};
  EXPECT_TRUE(StoreFile(std::move(vector))->outside);
  EXPECT_THAT(StoreFile(AddOf("a%zz")), IsError(Code::kCorrupt));
}

TEST(StoreFile, CarriesEverythingOver) {
  AddFile add = AddOf("p");
  add.partition_values = {{"d", "1"}};
  add.size = 5;
  add.modification_time = 6;
  add.stats = R"({"numRecords":7})";
  add.deletion_vector = DeletionVector{'i', "xyz", std::nullopt, 3, 2};
  add.base_row_id = 8;
  add.default_row_commit_version = 9;
  add.clustering_provider = "liquid";
  const StoredFile file = StoreFile(std::move(add)).value();
  const FileRow row = file.Row();
  EXPECT_EQ(row.key.path, "p");
  EXPECT_EQ(row.key.dv_id, "ixyz");
  EXPECT_EQ(row.entry.partition_values, R"({"d":"1"})");
  EXPECT_EQ(row.entry.size, 5);
  EXPECT_EQ(row.entry.modification_time, 6);
  EXPECT_EQ(row.entry.stats, R"({"numRecords":7})");
  EXPECT_EQ(row.entry.num_records, 7);
  ASSERT_NE(row.entry.deletion_vector, nullptr);
  EXPECT_EQ(row.entry.deletion_vector->cardinality, 2);
  EXPECT_EQ(row.entry.base_row_id, 8);
  EXPECT_EQ(row.entry.default_row_commit_version, 9);
  EXPECT_EQ(row.entry.clustering_provider, "liquid");
}

TEST(RenderPartitionValues, IsAJsonObject) {
  EXPECT_EQ(RenderPartitionValues({}), "{}");
  EXPECT_EQ(RenderPartitionValues({{"date", "2021-04-28"}, {"x", std::nullopt}, {"y", ""}}),
            R"({"date":"2021-04-28","x":null,"y":null})");
  EXPECT_EQ(RenderPartitionValues({{"q\"", "a\\b\n"}}), R"({"q\"":"a\\b\n"})");
  EXPECT_EQ(RenderPartitionValues({{"u", "\xe2\x80\xa8"}}), "{\"u\":\"\\u2028\"}");
}

}  // namespace
}  // namespace sluice::delta
