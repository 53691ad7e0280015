#include "delta/scan.h"

#include <fmt/format.h>

#include "base/testing/matchers.h"
#include "delta/table_snapshot.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsOk;
using ::testing::ElementsAre;

// Files a, b, c ... with ten rows each; c lost four of them, d says nothing.
std::shared_ptr<const Snapshot> Table() {
  std::vector<FileChange> changes;
  for (const std::string path : {"a", "b", "c", "d", "e"}) {
    AddFile add;
    add.path = path;
    if (path != "d") add.stats = R"({"numRecords":10})";
    if (path == "c") add.deletion_vector = DeletionVector{'i', "v", std::nullopt, 1, 4};
    changes.push_back(std::make_shared<const StoredFile>(StoreFile(std::move(add)).value()));
  }
  SnapshotParts parts;
  parts.metadata.schema_string = testing::kEmptySchema;
  parts.files = LiveFiles().Apply(changes).value();
  return TableSnapshot::Make(std::move(parts)).value();
}

std::vector<std::string> Paths(Scan& scan) {
  std::vector<std::string> paths;
  while (true) {
    const auto entry = scan.Next();
    EXPECT_THAT(entry, IsOk());
    if (!entry.has_value() || *entry == nullptr) return paths;
    paths.emplace_back((*entry)->path);
  }
}

TEST(Scan, GivesAllFiles) {
  Scan scan(Table(), {});
  EXPECT_THAT(Paths(scan), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(scan.files(), 5U);
  EXPECT_EQ(scan.rows(), 36);
  EXPECT_FALSE(scan.next_page().has_value());
  EXPECT_EQ(scan.Next().value(), nullptr);
}

TEST(Scan, StopsWhenEnoughRowsAreCovered) {
  const auto files = [](int64_t limit, int64_t before) {
    Scan scan(Table(), {std::nullopt, limit, before, std::nullopt});
    const size_t count = Paths(scan).size();
    EXPECT_FALSE(scan.next_page().has_value());
    return count;
  };
  EXPECT_EQ(files(0, 0), 0U);
  EXPECT_EQ(files(1, 0), 1U);
  EXPECT_EQ(files(10, 0), 1U);
  EXPECT_EQ(files(11, 0), 2U);
  EXPECT_EQ(files(26, 0), 3U);
  EXPECT_EQ(files(27, 0), 5U);  // d may have rows or not
  EXPECT_EQ(files(1000, 0), 5U);
  EXPECT_EQ(files(30, 25), 1U);
  EXPECT_EQ(files(30, 30), 0U);
}

TEST(Scan, PagesFollowEachOther) {
  std::vector<std::string> all;
  ScanOptions options;
  options.max_files = 2;
  for (int page = 0; page < 3; ++page) {
    Scan scan(Table(), options);
    for (std::string& path : Paths(scan)) all.push_back(std::move(path));
    EXPECT_EQ(scan.next_page().has_value(), page < 2);
    options.after = scan.next_page();
    options.rows_before = scan.rows();
  }
  EXPECT_THAT(all, ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_EQ(options.rows_before, 36);
}

TEST(Scan, TheKeyOfAPageHoldsTheDeletionVector) {
  ScanOptions options;
  options.max_files = 3;
  Scan scan(Table(), options);
  EXPECT_EQ(Paths(scan).size(), 3U);
  EXPECT_EQ(scan.next_page(), (FileKey{"c", "iv"}));
}

TEST(Scan, ThereIsNoNextPageBehindTheLastFileOrTheLimit) {
  ScanOptions exact;
  exact.max_files = 5;
  Scan whole(Table(), exact);
  EXPECT_EQ(Paths(whole).size(), 5U);
  EXPECT_FALSE(whole.next_page().has_value());
  ScanOptions both;
  both.max_files = 2;
  both.limit_rows = 20;
  Scan limited(Table(), both);
  EXPECT_EQ(Paths(limited).size(), 2U);
  EXPECT_FALSE(limited.next_page().has_value());
}

}  // namespace
}  // namespace sluice::delta
