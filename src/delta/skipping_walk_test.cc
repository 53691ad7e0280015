// Walks over files of which a predicate leaves some out: whole blocks, and single files.

#include <fmt/format.h>

#include <map>
#include <random>

#include "base/testing/matchers.h"
#include "delta/scan.h"
#include "delta/table_snapshot.h"
#include "delta/testing/predicates.h"
#include "delta/testing/test_table.h"

namespace sluice::delta {
namespace {

using testing::Is;
using testing::Text;

constexpr std::string_view kSchema =
    R"({"type":"struct","fields":[)"
    R"({"name":"part","type":"string","nullable":true,"metadata":{}},)"
    R"({"name":"n","type":"long","nullable":true,"metadata":{}}]})";

// A table of partitions 0 to 9, whose files lie beside each other; n is the file's number.
class SkippingWalk : public ::testing::TestWithParam<int> {
 protected:
  void Add(size_t count) {
    std::map<FileKey, FileChange> changes;
    for (size_t i = 0; i < count; ++i) {
      const size_t number = random_() % 5000;
      const size_t part = number % 10;
      AddFile add;
      add.path = fmt::format("part={}/file-{:05}", part, number);
      add.partition_values = {{"part", std::to_string(part)}};
      add.stats = fmt::format(
          R"({{"numRecords":1,"minValues":{{"n":{0}}},"maxValues":{{"n":{0}}},"nullCount":{{"n":0}}}})",
          number);
      StoredFile file = StoreFile(std::move(add)).value();
      const bool removed = random_() % 3 == 0;
      if (removed) file = Tombstone(std::move(file));
      const FileKey key{file.key_path, file.dv_id};
      if (removed) {
        live_.erase(key);
      } else {
        live_[key] = {part, number};
      }
      changes[key] = std::make_shared<const StoredFile>(std::move(file));
    }
    std::vector<FileChange> sorted;
    for (auto& [key, change] : changes) sorted.push_back(std::move(change));
    files_ = files_.Apply(sorted).value();
  }

  std::shared_ptr<const Snapshot> Table() const {
    SnapshotParts parts;
    parts.metadata.schema_string = kSchema;
    parts.metadata.partition_columns = {"part"};
    parts.files = files_;
    return TableSnapshot::Make(std::move(parts)).value();
  }

  // The paths of files for which `wanted` is true, in order.
  template <class Wanted>
  std::vector<std::string> Expected(const Wanted& wanted) const {
    std::vector<std::string> paths;
    for (const auto& [key, file] : live_) {
      if (wanted(file.first, file.second)) paths.push_back(key.path);
    }
    return paths;
  }

  // Page after page: what comes, and that what is passed over is counted once.
  void ExpectPages(const Predicate& predicate, uint64_t page_size,
                   const std::vector<std::string>& expected) const {
    const auto table = Table();
    std::vector<std::string> paths;
    uint64_t skipped = 0;
    ScanOptions options;
    options.max_files = page_size;
    do {
      options.skipping =
          std::make_shared<DataSkipping>(predicate, table->protocol(), table->metadata());
      Scan scan(table, options);
      while (const FileEntry* file = scan.Next().value()) paths.emplace_back(file->path);
      skipped += scan.skipped();
      options.after = scan.next_page();
    } while (options.after.has_value());
    EXPECT_EQ(paths, expected);
    EXPECT_EQ(skipped + paths.size(), live_.size());
  }

  std::mt19937_64 random_{static_cast<uint64_t>(GetParam())};
  LiveFiles files_;
  std::map<FileKey, std::pair<size_t, size_t>> live_;
};

TEST_P(SkippingWalk, GivesWhatMatchesAndCountsTheRest) {
  Add(8000);
  files_ = files_.Merged().value();
  for (int commit = 0; commit < 4; ++commit) {
    const auto one_partition = [](size_t part, size_t) { return part == 4; };
    const auto few = [](size_t part, size_t number) { return part > 6 && number < 1000; };
    const Predicate four = Is("part", "=", Text("4"));
    const Predicate both =
        testing::And(Is("part", ">", Text("6")), Is("n", "<", testing::Number("1000")));
    for (const uint64_t page_size : {1'000'000U, 100U, 7U}) {
      ExpectPages(four, page_size, Expected(one_partition));
      ExpectPages(both, page_size, Expected(few));
    }
    ExpectPages(Is("part", "=", Text("none")), 10, {});
    Add(300);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, SkippingWalk, ::testing::Range(0, 3));

TEST(SkippingBlocks, StayPackedWhereNoPartitionMatches) {
  BlockSpace space;
  SegmentBuilder builder(space);
  for (int i = 0; i < 2560; ++i) {
    AddFile add;
    add.path = fmt::format("part={}/file-{:05}", i / 256, i);
    add.partition_values = {{"part", std::to_string(i / 256)}};
    ASSERT_THAT(builder.Add(StoreFile(std::move(add)).value().Row()), sluice::testing::IsOk());
  }
  auto blocks = builder.Finish().value();
  ASSERT_EQ(blocks.size(), 10U);
  // All but one are damaged: whoever unpacks them finds out.
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (i == 4) continue;
    auto damaged = std::make_shared<FileBlock>(*blocks[i]);
    damaged->packed = space.Keep("damaged").value();
    blocks[i] = std::move(damaged);
  }
  const LiveFiles files(std::make_shared<const FileSegment>(space.limits(), std::move(blocks)));
  Metadata metadata;
  metadata.schema_string = kSchema;
  metadata.partition_columns = {"part"};
  DataSkipping skipping(Is("part", "=", Text("4")), {}, metadata);
  LiveFilesCursor cursor(files, std::nullopt, &skipping);
  size_t rows = 0;
  while (const FileRow* row = cursor.Next().value()) {
    EXPECT_TRUE(row->key.path.starts_with("part=4/"));
    ++rows;
  }
  EXPECT_EQ(rows, 256U);
  EXPECT_EQ(cursor.skipped(), 2304U);
}

}  // namespace
}  // namespace sluice::delta
