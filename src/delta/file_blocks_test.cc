#include "delta/file_blocks.h"

#include <algorithm>

#include "base/testing/matchers.h"
#include "delta/testing/random_files.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::Describe;
using testing::Model;

std::shared_ptr<const FileSegment> SegmentOf(const Model& model) {
  BlockSpace space;
  SegmentBuilder builder(space);
  for (const auto& [key, file] : model) EXPECT_THAT(builder.Add(file.Row()), IsOk());
  return std::make_shared<const FileSegment>(space.limits(), builder.Finish().value());
}

Model RandomModel(size_t count, uint64_t seed) {
  std::mt19937_64 random(seed);
  Model model;
  while (model.size() < count) {
    const std::string path = fmt::format("d={}/part-{}{}", random() % 7, random() % 100000,
                                         random() % 9 == 0 ? " odd" : "");
    StoredFile file = testing::RandomFile(path, random);
    model.insert_or_assign(testing::KeyOf(file), std::move(file));
  }
  return model;
}

TEST(FileBlocks, GiveBackWhatWasPacked) {
  const Model model = RandomModel(2000, 1);
  const auto segment = SegmentOf(model);
  EXPECT_EQ(segment->totals().files, model.size());
  EXPECT_GE(segment->blocks().size(), model.size() / 256);
  BlockReader reader;
  auto expected = model.begin();
  for (const auto& block : segment->blocks()) {
    ASSERT_THAT(reader.Open(block), IsOk());
    for (size_t i = 0;; ++i) {
      const auto row = reader.Next();
      ASSERT_THAT(row, IsOk());
      if (*row == nullptr) break;
      if (i == 0) {
        EXPECT_EQ((*row)->key, block->first_key());
      }
      EXPECT_EQ(block->hashes[i], HashOf((*row)->key));
      ASSERT_NE(expected, model.end());
      EXPECT_EQ(Describe(**row), Describe(expected->second.Row()));
      ++expected;
    }
    EXPECT_EQ(reader.Next().value(), nullptr);
  }
  EXPECT_EQ(expected, model.end());
}

// Rows may be read without their statistics, or only those of some partition values: what comes is
// what comes when all is read.
TEST(FileBlocks, GiveWhatIsWanted) {
  const Model model = RandomModel(1000, 8);
  std::mt19937_64 random(8);
  BlockReader all;
  BlockReader some;
  const auto segment = SegmentOf(model);
  for (const auto& block : segment->blocks()) {
    std::vector<bool> wanted;
    for (size_t i = 0; i < block->partitions.size(); ++i) wanted.push_back(random() % 2 == 0);
    ASSERT_THAT(all.Open(block), IsOk());
    ASSERT_THAT(some.Open(block, wanted), IsOk());
    size_t unwanted = 0;
    while (const FileRow* row = all.Next().value()) {
      const auto values = std::ranges::find(block->partitions, row->entry.partition_values);
      if (!wanted[static_cast<size_t>(values - block->partitions.begin())]) {
        ++unwanted;
        continue;
      }
      const bool whole = random() % 2 == 0;
      const FileRow* found = (whole ? some.Next() : some.NextKey()).value();
      ASSERT_NE(found, nullptr);
      FileRow expected = *row;
      if (!whole) expected.entry.stats.reset();
      ASSERT_EQ(Describe(*found), Describe(expected));
    }
    EXPECT_EQ(some.Next().value(), nullptr);
    EXPECT_EQ(some.unwanted(), unwanted);
  }
}

TEST(FileBlocks, CountWhatTheyHold) {
  const Model model = RandomModel(700, 2);
  FileTotals totals;
  for (const auto& [key, file] : model) totals.Add(file.Row());
  const auto segment = SegmentOf(model);
  EXPECT_EQ(segment->totals().files, totals.files);
  EXPECT_EQ(segment->totals().bytes, totals.bytes);
  EXPECT_EQ(segment->totals().deletion_vectors, totals.deletion_vectors);
  EXPECT_EQ(segment->totals().deleted_records, totals.deleted_records);
  EXPECT_GT(totals.deletion_vectors, 0U);
  EXPECT_GT(segment->memory().value, model.size() * 10);
}

TEST(FileBlocks, FindTheBlockOfAKey) {
  const Model model = RandomModel(2000, 3);
  const auto segment = SegmentOf(model);
  for (const auto& [key, file] : model) {
    const size_t block = segment->BlockOf(file.key());
    EXPECT_LE(segment->blocks()[block]->first_key(), file.key());
    if (block + 1 < segment->blocks().size()) {
      EXPECT_LT(file.key(), segment->blocks()[block + 1]->first_key());
    }
  }
  EXPECT_EQ(segment->BlockOf({"", ""}), 0U);
}

TEST(FileBlocks, LongStatisticsMakeSmallBlocks) {
  Model model;
  for (int i = 0; i < 100; ++i) {
    StoredFile file;
    file.key_path = fmt::format("p{:04}", i);
    file.partition_values = "{}";
    file.stats = std::string(100'000, static_cast<char>('a' + i % 26));
    model.emplace(testing::KeyOf(file), file);
  }
  const auto segment = SegmentOf(model);
  for (const auto& block : segment->blocks())
    EXPECT_LT(block->rows_size + block->statistics_size, 700'000U);
}

TEST(FileBlocks, DamageIsAnError) {
  const auto segment = SegmentOf(RandomModel(300, 4));
  FileBlock cut = *segment->blocks().front();
  std::string buffer;
  const std::string_view whole = cut.packed.Read(buffer).value();
  cut.packed = BlockSpace().Keep(whole.substr(0, whole.size() / 2)).value();
  BlockReader reader;
  EXPECT_THAT(reader.Open(std::make_shared<const FileBlock>(cut)), IsError(Code::kInternal));
  cut = *segment->blocks().front();
  cut.statistics_size += 1;
  ASSERT_THAT(reader.Open(std::make_shared<const FileBlock>(cut)), IsOk());
  Result<const FileRow*> told = reader.NextKey();
  while (told.has_value() && *told != nullptr) told = reader.NextKey();
  EXPECT_THAT(told, IsOk());
  ASSERT_THAT(reader.Open(std::make_shared<const FileBlock>(cut)), IsOk());
  while (told.has_value() && (*told == nullptr || !(*told)->entry.stats.has_value())) {
    told = reader.Next();
    if (told.has_value() && *told == nullptr) break;
  }
  EXPECT_THAT(told, IsError(Code::kInternal));
  FileBlock longer = *segment->blocks().front();
  longer.hashes.resize(longer.hashes.size() + 1);
  ASSERT_THAT(reader.Open(std::make_shared<const FileBlock>(longer)), IsOk());
  Result<const FileRow*> row = reader.Next();
  while (row.has_value() && *row != nullptr) row = reader.Next();
  EXPECT_THAT(row, IsError(Code::kInternal));
}

// What the target of 250 bytes a file with 395 bytes of statistics is about.
TEST(FileBlocks, PackTightly) {
  std::mt19937_64 random(5);
  Model model;
  for (int i = 0; i < 5000; ++i) {
    StoredFile file;
    file.key_path = fmt::format(
        "date=2024-01-{:02}/part-{:05}-{:08x}-{:04x}-4{:03x}-{:016x}.c000."
        "snappy.parquet",
        i % 30, i, random() % 0xffffffff, random() % 0xffff, random() % 0xfff, random());
    file.partition_values = fmt::format(R"({{"date":"2024-01-{:02}"}})", i % 30);
    file.size = static_cast<int64_t>(random() % 100'000'000);
    file.modification_time = 1'700'000'000'000 + i * 17;
    std::string values;
    for (int column = 0; column < 8; ++column) {
      values += fmt::format("\"column_{}\":{},", column, random() % 1'000'000);
    }
    file.stats = fmt::format(R"({{"numRecords":{},"minValues":{{{}}},"maxValues":{{{}}}}})",
                             random() % 100000, values, values);
    file.num_records = 1;
    model.emplace(testing::KeyOf(file), file);
  }
  const size_t stats = model.begin()->second.stats->size();
  const auto segment = SegmentOf(model);
  RecordProperty("bytes_per_file", static_cast<int>(segment->memory().value / model.size()));
  EXPECT_GT(stats, 330U);
  EXPECT_LT(segment->memory().value / model.size(), 250U);
}

}  // namespace
}  // namespace sluice::delta
