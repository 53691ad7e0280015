// Walks over the files of some partitions: what comes, what is counted, what stays packed.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/testing/matchers.h"
#include "delta/scan.h"
#include "delta/table_snapshot.h"
#include "delta/testing/partitioned.h"
#include "delta/testing/predicates.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::OneOf;
using testing::Only;

StoredFile FileOf(std::string_view part, int number, bool vector = false) {
  AddFile add;
  add.path = fmt::format("part={}/file-{:05}", part, number);
  add.partition_values = {{"part", std::string(part)}};
  add.size = number + 1;
  add.stats = R"({"numRecords":1})";
  if (vector) add.deletion_vector = DeletionVector{'i', "x", std::nullopt, 4, 1};
  return StoreFile(std::move(add)).value();
}

std::shared_ptr<const Snapshot> TableOf(const LiveFiles& files) {
  SnapshotParts parts;
  parts.metadata = testing::PartitionedBy({{"part", "integer"}});
  parts.files = files;
  return TableSnapshot::Make(std::move(parts)).value();
}

LiveFiles With(const LiveFiles& files, std::vector<StoredFile> changes) {
  std::map<FileKey, FileChange> sorted;
  for (StoredFile& file : changes) {
    const FileKey key{file.key_path, file.dv_id};
    sorted[key] = std::make_shared<const StoredFile>(std::move(file));
  }
  std::vector<FileChange> list;
  for (auto& [key, change] : sorted) list.push_back(std::move(change));
  return files.Apply(list).value();
}

Result<std::vector<std::string>> Walked(const Snapshot& snapshot) {
  std::vector<std::string> paths;
  FileCursor cursor = snapshot.Files();
  while (const FileEntry* file = TRY(cursor.Next())) paths.emplace_back(file->path);
  return paths;
}

class PartitionWalk : public ::testing::TestWithParam<int> {
 protected:
  void Change(int count) {
    std::vector<StoredFile> changes;
    std::map<int, bool> seen;
    for (int i = 0; i < count; ++i) {
      const int number = static_cast<int>(random_() % 5000);
      if (!seen.emplace(number, true).second) continue;
      StoredFile file = FileOf(std::to_string(number % 10), number);
      const FileKey key{file.key_path, file.dv_id};
      if (random_() % 3 == 0) {
        live_.erase(key);
        file = Tombstone(std::move(file));
      } else {
        live_[key] = number;
      }
      changes.push_back(std::move(file));
    }
    files_ = With(files_, std::move(changes));
  }

  void ExpectParts(const PartitionTerms& terms, const std::vector<int>& parts) const {
    std::vector<std::string> expected;
    uint64_t bytes = 0;
    for (const auto& [key, number] : live_) {
      if (std::ranges::count(parts, number % 10) == 0) continue;
      expected.push_back(key.path);
      bytes += static_cast<uint64_t>(number) + 1;
    }
    const auto whole = TableOf(files_);
    const auto part = whole->Only(terms).value();
    EXPECT_EQ(part->num_files(), expected.size());
    EXPECT_EQ(part->size().value, bytes);
    EXPECT_EQ(Walked(*part).value(), expected);
    EXPECT_EQ(whole->num_files(), live_.size());
    for (const uint64_t page_size : {1'000U, 7U}) {
      EXPECT_EQ(Paged(part, page_size), expected);
    }
    const auto known = whole->Only(terms).value();
    EXPECT_EQ(known->num_files(), expected.size()) << "what is remembered is the same";
  }

  // Page after page, under a predicate of the client's that leaves out nothing.
  static std::vector<std::string> Paged(const std::shared_ptr<const Snapshot>& part,
                                        uint64_t page_size) {
    std::vector<std::string> paths;
    ScanOptions options;
    options.max_files = page_size;
    do {
      options.skipping = std::make_shared<DataSkipping>(
          testing::Is("part", ">=", testing::Number("0")), part->protocol(), part->metadata());
      Scan scan(part, options);
      while (const FileEntry* file = scan.Next().value()) paths.emplace_back(file->path);
      options.after = scan.next_page();
    } while (options.after.has_value());
    return paths;
  }

  std::mt19937_64 random_{static_cast<uint64_t>(GetParam())};
  LiveFiles files_;
  std::map<FileKey, int> live_;
};

TEST_P(PartitionWalk, GivesAndCountsTheFilesOfItsPartitions) {
  Change(8000);
  files_ = files_.Merged().value();
  for (int commit = 0; commit < 3; ++commit) {
    ExpectParts(Only("part", "4"), {4});
    ExpectParts({{{OneOf("part", {"1", "9"})}, {OneOf("part", {"4"})}}, "three"}, {1, 4, 9});
    ExpectParts(Only("part", "77"), {});
    Change(300);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PartitionWalk, ::testing::Range(0, 3));

TEST(PartitionBlocks, StayPackedWhereNoPartitionIsShared) {
  BlockSpace space;
  SegmentBuilder builder(space);
  for (int i = 0; i < 2560; ++i) {
    ASSERT_THAT(builder.Add(FileOf(std::to_string(i / 256), i).Row()), IsOk());
  }
  auto blocks = builder.Finish().value();
  ASSERT_EQ(blocks.size(), 10U);
  for (size_t i = 0; i < blocks.size(); ++i) {
    if (i == 4) continue;
    auto damaged = std::make_shared<FileBlock>(*blocks[i]);
    damaged->packed = space.Keep("damaged").value();
    blocks[i] = std::move(damaged);
  }
  const LiveFiles files(std::make_shared<const FileSegment>(space.limits(), std::move(blocks)));
  const auto part = TableOf(files)->Only(Only("part", "4"));
  ASSERT_THAT(part, IsOk());
  EXPECT_EQ((*part)->num_files(), 256U);
  EXPECT_EQ(Walked(**part).value().size(), 256U);
}

TEST(PartitionsOfASnapshot, FilesThatCannotBeJudgedFailAll) {
  LiveFiles files = With({}, {FileOf("1", 1), FileOf("x", 2), FileOf("2", 3)});
  for (const char* where : {"in a block", "in the overlay"}) {
    EXPECT_THAT(TableOf(files)->Only(Only("part", "1")), IsError(Code::kCorrupt)) << where;
    EXPECT_THAT(TableOf(files)->Only(Only("part", "3")), IsError(Code::kCorrupt)) << where;
    files = files.Merged().value();
  }
  // One that was removed does not, though its block has it still.
  files = With(files, {Tombstone(FileOf("x", 2))});
  const auto part = TableOf(files)->Only(Only("part", "1"));
  ASSERT_THAT(part, IsOk());
  EXPECT_EQ(Walked(**part).value(), std::vector<std::string>{"part=1/file-00001"});
}

TEST(PartitionsOfASnapshot, FeaturesAreThoseOfTheirFiles) {
  const auto whole = TableOf(With({}, {FileOf("1", 1), FileOf("2", 2, true)}));
  EXPECT_TRUE(whole->advanced().deletion_vectors);
  EXPECT_FALSE(whole->Only(Only("part", "1")).value()->advanced().deletion_vectors);
  const auto second = whole->Only(Only("part", "2")).value();
  EXPECT_TRUE(second->advanced().deletion_vectors);
  EXPECT_EQ(second->num_files(), 1U);
}

TEST(PartitionsOfASnapshot, AreNotFilteredAgain) {
  const auto part = TableOf({})->Only(Only("part", "1")).value();
  EXPECT_THAT(part->Only(Only("part", "2")), IsError(Code::kInternal));
}

}  // namespace
}  // namespace sluice::delta
