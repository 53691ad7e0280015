#include "delta/file_places.h"

#include "base/testing/matchers.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/test_table.h"
#include "storage/testing/temp_folder.h"

namespace sluice::delta {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::sluice::testing::IsOkAnd;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// "location|key", or "-" for what is not covered, "?" for what is broken.
std::string Found(FilePlaces& places, std::string_view path) {
  const auto place = places.Find(path);
  if (place.has_value()) return std::string(place->location) + '|' + std::string(place->key);
  EXPECT_EQ(place.error().message.find("/"), std::string::npos) << path;
  return place.error().code == Code::kUnsupported ? "-" : "?";
}

struct Case {
  std::string_view path;
  std::string_view found;
};

void Check(const std::string& table, const ExternalLocations& external,
           const std::vector<Case>& cases) {
  FilePlaces places(table, external);
  for (const auto& [path, found] : cases) {
    EXPECT_EQ(Found(places, path), found) << table << ": " << path;
  }
}

TEST(FilePlaces, RelativePathsAreTheTablesOwn) {
  const ExternalLocations none;
  for (const std::string table : {"/data/t", "s3://lake/t"}) {
    Check(table, none,
          {{"part-0.parquet", "|part-0.parquet"},
           {"d=a%20b/p%2525", "|d=a b/p%25"},
           {"./a//b", "|a/b"},
           {"x=1/a:b", "|x=1/a:b"},
           {"../u/p", "-"},
           {"a/..", "-"},
           {"%2E%2e/p", "-"},
           {"%2Fdata%2Ft%2Fp", "-"},
           {"", "?"},
           {"a%zz", "?"},
           {"a%00", "?"}});
  }
}

TEST(FilePlaces, AbsolutePathsIntoTheTableAreItsOwn) {
  const ExternalLocations none;
  const std::vector<Case> cases = {{"/data/my t/p", "|p"},
                                   {"/data/my%20t/d=1/p", "|d=1/p"},
                                   {"file:/data/my%20t/p", "|p"},
                                   {"file:///data/my%20t/p", "|p"},
                                   {"file://localhost/data/my%20t/p", "|p"},
                                   {"FILE:///data/my%20t/p", "|p"},
                                   {"file:////data//my%20t/./p", "|p"},
                                   {"file:/data/my%20t/a%2520b", "|a%20b"},
                                   {"file:/data/my%20t/a%3Ab", "|a:b"},
                                   {"/data/my%20t", "-"},
                                   {"/data/my%20t/", "-"},
                                   {"/data/my%20tt/p", "-"},
                                   {"/data/my%2520t/p", "-"},
                                   {"/data/p", "-"},
                                   {"/Data/my%20t/p", "-"},
                                   {"//data/my%20t/p", "-"},
                                   {"/data/my%20t/../my%20t/p", "-"},
                                   {"/data/my%20t/%2e%2e/u/p", "-"},
                                   {"/data/u/../my%20t/p", "-"},
                                   {"file://host/data/my%20t/p", "-"},
                                   {"file:data/my%20t/p", "-"},
                                   {"s3://data/my%20t/p", "-"},
                                   {"hdfs:///data/my%20t/p", "-"},
                                   {"https://h/data/my%20t/p", "-"},
                                   {"file:/data/my%20t/%zz", "?"},
                                   {"/data/my%20t/a%00", "?"},
                                   {"/", "?"},
                                   {"file:///", "?"}};
  for (const std::string table : {"/data/my t", "/data/my t/", "/data//./my t", "file:/data/my%20t",
                                  "file:///data/my%20t/"}) {
    Check(table, none, cases);
  }
  // Where ".." of the operator leads is not worked out.
  Check("/data/u/../t", none, {{"/data/t/p", "-"}, {"/data/u/../t/p", "-"}, {"p", "|p"}});
}

TEST(FilePlaces, AbsolutePathsIntoTheBucketsFolderAreItsOwn) {
  const ExternalLocations none;
  for (const std::string table : {"s3://lake/a/t", "s3a://lake/a/t/"}) {
    Check(table, none,
          {{"s3://lake/a/t/p", "|p"},
           {"s3a://lake/a/t/p", "|p"},
           {"S3N://lake/a/t/d=1/p", "|d=1/p"},
           {"s3://lake/a/t/a%20b", "|a b"},
           {"s3://lake/a/t/a b", "|a b"},
           {"s3://lake//a/./t//p", "|p"},
           {"/a/t/p", "|p"},
           {"s3://lake/a/t", "-"},
           {"s3://lake/a/tt/p", "-"},
           {"s3://Lake/a/t/p", "-"},
           {"s3://key:secret@lake/a/t/p", "-"},
           {"s3://lake/a/t/../u/p", "-"},
           {"s3:/lake/a/t/p", "-"},
           {"s3:///a/t/p", "-"},
           {"file:/a/t/p", "-"},
           {"gs://lake/a/t/p", "-"},
           {"s3://lake", "-"},
           {"s3://lake/", "?"}});
  }
  Check("s3://lake", none, {{"s3://lake/p", "|p"}, {"/p", "|p"}, {"s3://lake-2/p", "-"}});
}

TEST(FilePlaces, FilesOutsideLieBelowAnExternalLocation) {
  const ExternalLocations external({"/data/a", "/data/a/deep", "s3://lake/raw", "s3://whole"});
  for (const std::string table : {"/tables/t", "s3://mine/t"}) {
    Check(table, external,
          {{"file:/data/a/p", "/data/a|p"},
           {"file:///data/a/deep/p", "/data/a/deep|p"},
           {"file:/data/a/deeper/p", "/data/a|deeper/p"},
           {"file:/data/%61/x%20y/p", "/data/a|x y/p"},
           {"file:/data/ab/p", "-"},
           {"file:/data/a", "-"},
           {"file:/data/p", "-"},
           {"file:/data/a/../b/p", "-"},
           {"file:/data/a/..%2fb/p", "-"},
           {"s3://lake/raw/t/p", "s3://lake/raw|t/p"},
           {"s3a://lake/raw/t/p", "s3://lake/raw|t/p"},
           {"s3://lake/raw-2/p", "-"},
           {"s3://lake/p", "-"},
           {"s3://lake/raw/../p", "-"},
           {"s3n://whole/p", "s3://whole|p"},
           {"s3://whole2/p", "-"},
           {"../../data/a/p", "-"},
           {"p", "|p"}});
  }
  // Without a scheme it is the table's own kind of place.
  Check("/tables/t", external, {{"/data/a/p", "/data/a|p"}, {"/raw/p", "-"}});
  Check("s3://lake/t", external, {{"/raw/p", "s3://lake/raw|p"}, {"/data/a/p", "-"}});
  // What is the table's own stays so.
  Check("/data/a/t", external, {{"/data/a/t/p", "|p"}, {"/data/a/u/p", "/data/a|u/p"}});
}

class UsedBy : public ::testing::Test {
 protected:
  std::shared_ptr<const Snapshot> Latest() {
    auto snapshot = snapshots_.Latest(table_.location());
    EXPECT_THAT(snapshot, IsOk());
    return *snapshot;
  }
  Result<ExternalLocations::Used> Used(const ExternalLocations& external,
                                       const Snapshot& snapshot) const {
    return external.UsedBy(snapshot, table_.location());
  }
  // An add with a vector that is named by a path.
  static std::string AddWithVector(std::string_view path, std::string_view vector) {
    std::string line = testing::AddLine(path, 1, vector);
    const size_t kind = line.find(R"("storageType":"i")");
    return line.replace(kind, 17, R"("storageType":"p","offset":1)");
  }

  testing::TestTable table_;
  testing::LineCheckpointReader reader_;
  SystemClock clock_;
  Metrics metrics_;
  SecureRandom random_;
  storage::Stores stores_{{clock_, random_, metrics_}};
  Snapshots snapshots_{stores_, reader_, clock_, metrics_, {}};
};

TEST_F(UsedBy, ATableWithoutAbsolutePathsNeedsNothing) {
  table_.Start({testing::AddLine("a"), testing::AddLine("b", 1, "vector")});
  const auto snapshot = Latest();
  EXPECT_EQ(snapshot->num_outside(), 0U);
  EXPECT_THAT(Used(ExternalLocations(), *snapshot), IsOkAnd(IsEmpty()));
}

TEST_F(UsedBy, NamesTheLocationsOfFilesAndVectors) {
  table_.Start({testing::AddLine("own"), testing::AddLine("file:/a/1"), testing::AddLine("/a/2"),
                testing::AddLine("file://" + table_.location() + "/3"),
                AddWithVector("4", "s3://lake/v.bin")});
  const auto snapshot = Latest();
  EXPECT_EQ(snapshot->num_outside(), 4U);
  const ExternalLocations all({"/a", "/b", "s3://lake"});
  EXPECT_THAT(Used(all, *snapshot), IsOkAnd(UnorderedElementsAre("/a", "s3://lake")));
  // Asked again: the same.
  EXPECT_THAT(Used(all, *snapshot), IsOkAnd(UnorderedElementsAre("/a", "s3://lake")));
  const std::vector<std::vector<std::string>> too_few = {
      {}, {"/a"}, {"s3://lake"}, {"/ab", "s3://lake"}};
  for (const auto& locations : too_few) {
    const ExternalLocations some(locations);
    EXPECT_THAT(Used(some, *snapshot), IsError(Code::kUnsupported, "does not cover"));
    EXPECT_THAT(Used(some, *snapshot), IsError(Code::kUnsupported, "does not cover"));
  }
}

TEST_F(UsedBy, AFileThatIsRemovedCountsNoMore) {
  table_.Start({testing::AddLine("own"), testing::AddLine("file:/a/1")});
  const ExternalLocations none;
  const auto first = Latest();
  EXPECT_THAT(Used(none, *first), IsError(Code::kUnsupported));
  table_.Commit(1, {testing::RemoveLine("file:///a/1")});
  const auto second = Latest();
  EXPECT_EQ(second->num_outside(), 0U);
  EXPECT_THAT(Used(none, *second), IsOkAnd(IsEmpty()));
  EXPECT_THAT(Used(none, *first), IsError(Code::kUnsupported));
  table_.Commit(2, {testing::AddLine("../up")});
  EXPECT_THAT(Used(ExternalLocations({"/"}), *Latest()), IsError(Code::kUnsupported));
}

TEST_F(UsedBy, BrokenPathsAndVectorsAreCorrupt) {
  const ExternalLocations all({"/a"});
  table_.Start({testing::AddLine("file:/a/%zz")});
  EXPECT_THAT(Used(all, *Latest()), IsError(Code::kCorrupt));
  table_.Commit(1, {testing::RemoveLine("file:/a/%zz"), AddWithVector("own", "v.bin")});
  EXPECT_THAT(Used(all, *Latest()), IsError(Code::kCorrupt, "deletion vector"));
}

}  // namespace
}  // namespace sluice::delta
