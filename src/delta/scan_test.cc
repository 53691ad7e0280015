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

// Files f00 to f19 of ten rows each, of partitions a, b, c, d, a and so on; of those of d nobody
// knows how many rows there are.
std::shared_ptr<const Snapshot> Partitioned() {
  std::vector<FileChange> changes;
  for (int i = 0; i < 20; ++i) {
    AddFile add;
    add.path = fmt::format("f{:02}", i);
    add.partition_values = {{"p", std::string(1, "abcd"[i % 4])}};
    if (i % 4 != 3) add.stats = R"({"numRecords":10})";
    changes.push_back(std::make_shared<const StoredFile>(StoreFile(std::move(add)).value()));
  }
  SnapshotParts parts;
  parts.metadata.schema_string = R"({"type":"struct","fields":[)"
                                 R"({"name":"p","type":"string","nullable":true,"metadata":{}},)"
                                 R"({"name":"n","type":"long","nullable":true,"metadata":{}}]})";
  parts.metadata.partition_columns = {"p"};
  parts.files = LiveFiles().Apply(changes).value();
  return TableSnapshot::Make(std::move(parts)).value();
}

// Rows of these partitions; and, unless it is sure, something that nobody can judge.
std::shared_ptr<DataSkipping> Only(std::vector<std::string> partitions, bool sure = true) {
  Predicate in{.op = Predicate::Op::kIn, .operands = {{true, "p", ValueType::kOwn}}};
  for (std::string& p : partitions) in.operands.push_back({false, p, ValueType::kString});
  Predicate all{.op = Predicate::Op::kAnd};
  all.children.push_back(std::move(in));
  if (!sure) all.children.emplace_back();
  const auto snapshot = Partitioned();
  return std::make_shared<DataSkipping>(all, snapshot->protocol(), snapshot->metadata());
}

TEST(Scan, FilesWithoutAMatchAreLeftOutAndCounted) {
  ScanOptions options;
  options.skipping = Only({"b"});
  Scan scan(Partitioned(), options);
  EXPECT_THAT(Paths(scan), ElementsAre("f01", "f05", "f09", "f13", "f17"));
  EXPECT_EQ(scan.files(), 5U);
  EXPECT_EQ(scan.skipped(), 15U);
  EXPECT_EQ(scan.rows(), 50);
}

TEST(Scan, TheLimitCountsRowsOfFilesThatMatchForSure) {
  ScanOptions options;
  options.limit_rows = 11;
  options.skipping = Only({"b"});
  Scan sure(Partitioned(), options);
  EXPECT_THAT(Paths(sure), ElementsAre("f01", "f05"));
  options.skipping = Only({"b"}, false);
  Scan maybe(Partitioned(), options);
  EXPECT_EQ(Paths(maybe).size(), 5U);
  EXPECT_EQ(maybe.rows(), 0);
}

TEST(Scan, PagesOfMatchingFilesFollowEachOther) {
  for (const uint64_t size : {1U, 2U, 3U, 5U, 6U}) {
    std::vector<std::string> all;
    uint64_t skipped = 0;
    ScanOptions options;
    options.max_files = size;
    do {
      options.skipping = Only({"a", "c"});
      Scan scan(Partitioned(), options);
      for (std::string& path : Paths(scan)) all.push_back(std::move(path));
      skipped += scan.skipped();
      options.after = scan.next_page();
      options.rows_before = scan.rows();
    } while (options.after.has_value());
    EXPECT_EQ(all.size(), 10U) << size;
    EXPECT_EQ(skipped, 10U) << size;
    EXPECT_EQ(options.rows_before, 100) << size;
  }
}

TEST(Scan, NoPageFollowsWhereNothingMatchesAnyMore) {
  ScanOptions options;
  options.max_files = 5;
  options.skipping = Only({"b"});
  Scan scan(Partitioned(), options);
  EXPECT_EQ(Paths(scan).size(), 5U);
  EXPECT_FALSE(scan.next_page().has_value());
  EXPECT_EQ(scan.skipped(), 15U);
}

TEST(Scan, TheLimitGoesOnOverPages) {
  ScanOptions options;
  options.max_files = 2;
  options.limit_rows = 35;
  std::vector<size_t> pages;
  do {
    options.skipping = Only({"a", "b"});
    Scan scan(Partitioned(), options);
    pages.push_back(Paths(scan).size());
    options.after = scan.next_page();
    options.rows_before = scan.rows();
  } while (options.after.has_value());
  EXPECT_THAT(pages, ElementsAre(2U, 2U));
}

}  // namespace
}  // namespace sluice::delta
