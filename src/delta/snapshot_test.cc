#include "delta/snapshot.h"

#include "base/testing/matchers.h"
#include "delta/table_snapshot.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;

FileChange AddOf(std::string path, std::optional<DeletionVector> vector = {}) {
  AddFile add;
  add.path = std::move(path);
  add.size = 10;
  add.deletion_vector = std::move(vector);
  return std::make_shared<const StoredFile>(StoreFile(std::move(add)).value());
}

SnapshotParts Parts(const std::vector<FileChange>& changes = {}) {
  SnapshotParts parts;
  parts.version = 4;
  parts.metadata.schema_string = testing::kEmptySchema;
  parts.files = LiveFiles().Apply(changes).value();
  return parts;
}

std::vector<std::string> Paths(FileCursor cursor) {
  std::vector<std::string> paths;
  while (true) {
    const auto entry = cursor.Next();
    EXPECT_THAT(entry, IsOk());
    if (!entry.has_value() || *entry == nullptr) return paths;
    paths.emplace_back((*entry)->path);
  }
}

TEST(TableSnapshot, TellsWhatItHolds) {
  const auto snapshot = TableSnapshot::Make(Parts({AddOf("a"), AddOf("b")})).value();
  EXPECT_EQ(snapshot->version(), 4);
  EXPECT_EQ(snapshot->num_files(), 2U);
  EXPECT_EQ(snapshot->size(), ByteCount{20});
  EXPECT_FALSE(snapshot->advanced().any());
  EXPECT_GT(snapshot->memory().value, sizeof(TableSnapshot));
}

TEST(TableSnapshot, WalksFromAnyFile) {
  const auto snapshot =
      TableSnapshot::Make(Parts({AddOf("a%20b"), AddOf("c c"), AddOf("d")})).value();
  EXPECT_THAT(Paths(snapshot->Files()), ElementsAre("a%20b", "c c", "d"));
  EXPECT_THAT(Paths(snapshot->Files(FileKey{"a%20b", ""})), ElementsAre("c c", "d"));
  // The key of a page is the path as it was handed out.
  EXPECT_THAT(Paths(snapshot->Files(FileKey{"c c", ""})), ElementsAre("d"));
  EXPECT_THAT(Paths(snapshot->Files(FileKey{"zz", ""})), ElementsAre());
}

TEST(TableSnapshot, ACursorKeepsItAlive) {
  auto snapshot = TableSnapshot::Make(Parts({AddOf("a")})).value();
  FileCursor cursor = snapshot->Files();
  snapshot.reset();
  EXPECT_THAT(Paths(std::move(cursor)), ElementsAre("a"));
}

TEST(TableSnapshot, JudgesAdvancedFeaturesByVersion) {
  const DeletionVector vector{'i', "x", std::nullopt, 1, 1};
  EXPECT_TRUE(
      TableSnapshot::Make(Parts({AddOf("a", vector)})).value()->advanced().deletion_vectors);
  SnapshotParts mapped = Parts();
  mapped.protocol = {2, 5, {}, {}};
  mapped.metadata.configuration["delta.columnMapping.mode"] = "name";
  EXPECT_TRUE(TableSnapshot::Make(std::move(mapped)).value()->advanced().column_mapping);
  SnapshotParts typed = Parts();
  typed.metadata.schema_string =
      R"({"type":"struct","fields":[{"name":"t","type":"timestamp_ntz","nullable":true,)"
      R"("metadata":{}},{"name":"v","type":"variant","nullable":true,"metadata":{}}]})";
  const auto snapshot = TableSnapshot::Make(std::move(typed)).value();
  EXPECT_THAT(snapshot->advanced().Names(), ElementsAre("timestampNtz", "variantType"));
}

TEST(TableSnapshot, RefusesWhatItCannotServe) {
  SnapshotParts orc = Parts();
  orc.metadata.format_provider = "orc";
  EXPECT_THAT(TableSnapshot::Make(std::move(orc)), IsError(Code::kUnsupported));
  SnapshotParts newer = Parts();
  newer.protocol = {9, 9, {}, {}};
  EXPECT_THAT(TableSnapshot::Make(std::move(newer)), IsError(Code::kUnsupported));
  SnapshotParts broken = Parts();
  broken.metadata.schema_string = "{";
  EXPECT_THAT(TableSnapshot::Make(std::move(broken)), IsError(Code::kCorrupt));
}

}  // namespace
}  // namespace sluice::delta
