#include "delta/deleted_rows.h"

#include <algorithm>
#include <random>

#include "base/testing/matchers.h"
#include "delta/testing/vector_writer.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using testing::EncodeRows;
using testing::Little;
using testing::RowSet;
using testing::Runs;

constexpr Runs kAllRuns[] = {Runs::kWhereShorter, Runs::kNever, Runs::kAlways};
// A part of rows below 2^32 that is written without runs, and one with them.
const std::string kStart = Little(1681511377, 4) + Little(1, 8) + Little(0, 4);
const std::string kPlain = Little(12346, 4);

std::vector<uint64_t> Walk(const DeletedRows& rows) {
  std::vector<uint64_t> walked;
  DeletedRows::Cursor cursor = rows.Rows();
  std::optional<uint64_t> last;
  while (const auto row = cursor.Next()) {
    if (last.has_value()) {
      EXPECT_LT(*last, *row);
    }
    last = row;
    walked.push_back(*row);
  }
  EXPECT_EQ(cursor.Next(), std::nullopt);
  return walked;
}

void ExpectRows(const std::string& bytes, const RowSet& rows) {
  const auto decoded = DeletedRows::Decode(bytes);
  ASSERT_THAT(decoded, IsOk());
  EXPECT_EQ(decoded->cardinality(), rows.size());
  EXPECT_TRUE(std::ranges::equal(Walk(*decoded), rows));
  EXPECT_EQ(decoded->last(), rows.empty() ? std::nullopt : std::optional(*rows.rbegin()));
  for (const uint64_t row : rows) {
    ASSERT_TRUE(decoded->Contains(row)) << row;
    ASSERT_EQ(decoded->Contains(row + 1), rows.contains(row + 1)) << row;
    ASSERT_EQ(decoded->Contains(row - 1), rows.contains(row - 1)) << row;
    ASSERT_EQ(decoded->Contains(row + (1ULL << 32)), rows.contains(row + (1ULL << 32))) << row;
  }
}

void ExpectBroken(const std::string& bytes, std::string_view why) {
  EXPECT_THAT(DeletedRows::Decode(bytes), IsError(Code::kCorrupt, why));
}

TEST(DeletedRows, OfNothingThereIsNone) {
  const DeletedRows none;
  EXPECT_EQ(none.cardinality(), 0U);
  EXPECT_FALSE(none.Contains(0));
  EXPECT_TRUE(Walk(none).empty());
  ExpectRows(EncodeRows({}), {});
  // Writers fill gaps between keys with empty bitmaps.
  ExpectRows(kStart + kPlain + Little(0, 4), {});
}

TEST(DeletedRows, TheEdgesOfBlocksAndParts) {
  const RowSet rows = {0,
                       1,
                       65535,
                       65536,
                       65537,
                       131071,
                       0xffffffff,
                       1ULL << 32,
                       (1ULL << 33) - 1,
                       0x7fffffffffffffff};
  for (const Runs runs : kAllRuns) ExpectRows(EncodeRows(rows, runs), rows);
}

TEST(DeletedRows, ABlockIsAnArrayUpTo4096RowsAndABitmapFromThere) {
  for (const uint64_t count : {4096, 4097, 65536}) {
    SCOPED_TRACE(count);
    RowSet rows;
    for (uint64_t i = 0; i < count; ++i) rows.insert(i * (65536 / std::max<uint64_t>(count, 1)));
    for (const Runs runs : kAllRuns) ExpectRows(EncodeRows(rows, runs), rows);
  }
}

// Any mix of blocks, written in any way, is read as the set that it was.
TEST(DeletedRows, RandomSetsAreReadAsTheyWere) {
  std::mt19937_64 random(20260601);
  for (int round = 0; round < 8; ++round) {
    SCOPED_TRACE(round);
    RowSet rows;
    const uint64_t space = 1ULL << (round % 2 == 0 ? 20 : 36);
    const size_t blocks = random() % 8;
    for (size_t i = 0; i < blocks; ++i) {
      const uint64_t begin = random() % space & ~0xffffULL;
      const int kind = static_cast<int>(random() % 3);
      if (kind == 0) {  // few
        for (int n = 0; n < 50; ++n) rows.insert(begin + random() % 65536);
      } else if (kind == 1) {  // many, without a pattern
        for (int n = 0; n < 9000; ++n) rows.insert(begin + random() % 65536);
      } else {  // side by side, over the edge of the block too
        const uint64_t first = begin + random() % 65536;
        for (uint64_t row = first; row < first + 3000; ++row) rows.insert(row);
      }
    }
    for (const Runs runs : kAllRuns) ExpectRows(EncodeRows(rows, runs), rows);
  }
}

// Four containers of runs is where a bitmap with runs begins to tell their places.
TEST(DeletedRows, RunsWithAndWithoutPlaces) {
  RowSet rows;
  for (uint64_t block = 0; block < 6; ++block) {
    for (uint64_t i = 10; i < 5000; ++i) rows.insert(block * 65536 + i);
    ExpectRows(EncodeRows(rows), rows);
  }
}

TEST(DeletedRows, RunsMayTouchButNotOverlap) {
  const auto runs = [](std::string_view pairs, uint32_t rows) {
    return kStart + Little(12347, 4) + "\x01" + Little(0, 2) + Little(rows - 1, 2) +
           Little(pairs.size() / 4, 2) + std::string(pairs);
  };
  ExpectRows(runs(Little(3, 2) + Little(1, 2) + Little(5, 2) + Little(0, 2), 3), {3, 4, 5});
  ExpectBroken(runs(Little(3, 2) + Little(2, 2) + Little(5, 2) + Little(0, 2), 4), "in order");
  ExpectBroken(runs(Little(65535, 2) + Little(1, 2), 2), "leads out of its block");
  ExpectBroken(runs(Little(3, 2) + Little(2, 2), 4), "another number of rows");
  ExpectBroken(runs("", 1), "another number of rows");
}

TEST(DeletedRows, RefusesWhatContradictsItself) {
  const std::string array = Little(0, 2) + Little(1, 2);  // block 0 with two rows
  const auto one_block = [&](std::string_view block, uint32_t offset = 16) {
    return kStart + kPlain + Little(1, 4) + array + Little(offset, 4) + std::string(block);
  };
  ExpectRows(one_block(Little(1, 2) + Little(7, 2)), {1, 7});
  ExpectBroken(one_block(Little(7, 2) + Little(1, 2)), "rows are not in order");
  ExpectBroken(one_block(Little(7, 2) + Little(7, 2)), "rows are not in order");
  ExpectBroken(one_block(Little(1, 2) + Little(7, 2), 17), "does not lie where it should");
  ExpectBroken(one_block(Little(1, 2) + Little(7, 2) + "x"), "behind its end");

  const std::string two = kStart + kPlain + Little(2, 4);
  const std::string rows = Little(1, 2) + Little(2, 2);
  const std::string places = Little(24, 4) + Little(26, 4);
  ExpectRows(two + Little(0, 4) + Little(3, 4) + places + rows, {1, 3 * 65536 + 2});
  ExpectBroken(two + Little(3, 4) + Little(3, 4) + places + rows, "blocks are not in order");
  ExpectBroken(two + Little(3, 4) + Little(0, 4) + places + rows, "blocks are not in order");

  ExpectBroken(kStart + kPlain + Little(65537, 4), "too many blocks");
  ExpectBroken(kStart + Little(12345, 4), "no known format");
  ExpectBroken(kStart + Little(12346 + 65536, 4), "no known format");

  std::string bits = kStart + kPlain + Little(1, 4) + Little(0, 2) + Little(5000 - 1, 2) +
                     Little(16, 4) + std::string(625, '\xff');
  ExpectRows(bits + std::string(8192 - 625, '\0'), [] {
    RowSet all;
    for (uint64_t i = 0; i < 5000; ++i) all.insert(i);
    return all;
  }());
  ExpectBroken(bits + "\x01" + std::string(8191 - 625, '\0'), "another number of rows");
}

TEST(DeletedRows, RefusesPartsOutOfOrder) {
  const std::string magic = Little(1681511377, 4);
  const std::string empty = kPlain + Little(0, 4);
  ExpectBroken("", "cut off");
  ExpectBroken(Little(1681511376, 4) + Little(0, 8), "format is not known");
  ExpectBroken(magic + Little(1, 8), "cut off");
  ExpectBroken(magic + std::string(8, '\xff'), "cut off");
  ExpectBroken(magic + Little(0, 8) + "x", "behind its end");
  ExpectBroken(magic + Little(1, 8) + Little(0x80000000, 4) + empty, "no file has");
  ExpectBroken(magic + Little(2, 8) + Little(5, 4) + empty + Little(5, 4) + empty, "not in order");
  ExpectBroken(magic + Little(2, 8) + Little(5, 4) + empty + Little(4, 4) + empty, "not in order");
  EXPECT_THAT(
      DeletedRows::Decode(magic + Little(2, 8) + Little(4, 4) + empty + Little(5, 4) + empty),
      IsOk());
}

TEST(DeletedRows, EveryCutIsSeen) {
  const RowSet rows = {1, 2, 3, 70000, 1ULL << 32, (1ULL << 32) + 9};
  for (const Runs runs : kAllRuns) {
    const std::string bytes = EncodeRows(rows, runs);
    for (size_t size = 0; size < bytes.size(); ++size) ExpectBroken(bytes.substr(0, size), "cut");
  }
}

// Whatever a flipped bit makes of it: an error, or a set that agrees with itself.
TEST(DeletedRows, AnyBitMayBeWrong) {
  RowSet rows = {1, 2, 3, 70000, 1ULL << 32, (1ULL << 32) + 9};
  for (uint64_t i = 200'000; i < 200'100; ++i) rows.insert(i);
  size_t refused = 0;
  for (const Runs runs : kAllRuns) {
    const std::string bytes = EncodeRows(rows, runs);
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string wrong = bytes;
      wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ 1 << bit % 8);
      const auto decoded = DeletedRows::Decode(wrong);
      if (!decoded.has_value()) {
        ++refused;
      } else {
        EXPECT_EQ(Walk(*decoded).size(), decoded->cardinality());
      }
    }
  }
  EXPECT_GT(refused, 1000U);
}

// A few bytes can claim many rows: they are walked, never laid out.
TEST(DeletedRows, ManyRowsCostNoMemory) {
  std::string header;
  std::string offsets;
  std::string blocks;
  constexpr size_t kBlocks = 1000;
  const size_t data = 4 + kBlocks / 8 + kBlocks * 8;
  for (size_t i = 0; i < kBlocks; ++i) {
    header += Little(i, 2) + Little(65535, 2);
    offsets += Little(data + blocks.size(), 4);
    blocks += Little(1, 2) + Little(0, 2) + Little(65535, 2);
  }
  const auto rows =
      DeletedRows::Decode(kStart + Little(12347 | (kBlocks - 1) << 16, 4) +
                          std::string(kBlocks / 8, '\xff') + header + offsets + blocks);
  ASSERT_THAT(rows, IsOk());
  EXPECT_EQ(rows->cardinality(), kBlocks * 65536);
  EXPECT_TRUE(rows->Contains(kBlocks * 65536 - 1));
  EXPECT_FALSE(rows->Contains(kBlocks * 65536));
}

}  // namespace
}  // namespace sluice::delta
