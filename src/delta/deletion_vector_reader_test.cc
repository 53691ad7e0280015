#include "delta/deletion_vector_reader.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "base/clock.h"
#include "base/testing/matchers.h"
#include "delta/deletion_vector.h"
#include "delta/log_path.h"
#include "delta/snapshots.h"
#include "delta/testing/line_checkpoint_reader.h"
#include "delta/testing/vector_writer.h"
#include "storage/testing/memory_store.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using storage::testing::MemoryStore;
using testing::RowSet;
using testing::VectorFile;

constexpr std::string_view kName = "ab^-aqEH.-t@S}K{vb[*k^";
constexpr std::string_view kKey = "ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin";

RowSet All(const DeletedRows& rows) {
  RowSet all;
  auto cursor = rows.Rows();
  while (const auto row = cursor.Next()) all.insert(*row);
  return all;
}

class DeletionVectorReaderTest : public ::testing::Test {
 protected:
  // What reading `vector` out of `file` answers; from the whole file and from a store the same.
  Result<DeletedRows> Read(const std::string& file, const DeletionVector& vector,
                           std::optional<int64_t> num_records = std::nullopt) {
    store_.Put(kKey, file);
    auto read = ReadDeletedRows(store_, vector, num_records);
    const auto decoded = DecodeDeletedRowsInFile(file, vector, num_records);
    EXPECT_EQ(read.has_value(), decoded.has_value());
    if (read.has_value() && decoded.has_value()) {
      EXPECT_TRUE(All(*read) == All(*decoded));
    } else if (!read.has_value() && !decoded.has_value()) {
      EXPECT_EQ(read.error().message, decoded.error().message);
      EXPECT_EQ(read.error().message.find(kKey), std::string::npos);
    }
    return read;
  }

  MemoryStore store_;
  const RowSet rows_ = {3, 4, 7, 11, 18, 29};
  VectorFile file_{std::string(kName)};
  const DeletionVector vector_ = file_.Add(rows_);
};

// As Spark wrote it: 40 bytes, which Z85 need not fill up.
TEST(DeletionVectorReader, Inline) {
  DeletionVector vector{'i', "^Bg9^0rr910000000000iXQKl0rr91000935c8Xg000311onP9", std::nullopt, 40,
                        4};
  const MemoryStore store;
  const auto rows = ReadDeletedRows(store, vector, 6);
  ASSERT_THAT(rows, IsOk());
  EXPECT_EQ(All(*rows), (RowSet{0, 1, 4, 5}));
  EXPECT_TRUE(store.TakeRequests().empty());

  EXPECT_THAT(DecodeInlineDeletedRows(vector, 5), IsError(Code::kCorrupt, "does not have"));
  vector.cardinality = 5;
  EXPECT_THAT(DecodeInlineDeletedRows(vector, {}), IsError(Code::kCorrupt, "number of rows"));
  vector.cardinality = 4;
  for (const int32_t size : {-1, 0, 36, 41, 44, INT32_MAX}) {
    vector.size_in_bytes = size;
    EXPECT_FALSE(DecodeInlineDeletedRows(vector, {}).has_value()) << size;
  }
  // As long as padding may be, but not what the vector needs.
  vector.size_in_bytes = 39;
  EXPECT_THAT(DecodeInlineDeletedRows(vector, {}), IsError(Code::kCorrupt, "cut off"));
  vector.size_in_bytes = 40;
  vector.path_or_inline[7] = '"';
  EXPECT_THAT(DecodeInlineDeletedRows(vector, {}), IsError(Code::kCorrupt, "Z85"));
}

TEST(DeletionVectorReader, InlineWithPadding) {
  const std::string bytes = testing::EncodeRows({3, 4, 7, 11, 18, 29, 31});
  ASSERT_EQ(bytes.size(), 46U);
  const DeletionVector vector{'i', "^Bg9^0rr910000000000iXQKl0rr91000i65c8Xg0@@D72lkbi5=-{L9@(ov",
                              std::nullopt, 46, 7};
  ASSERT_EQ(DecodeZ85(vector.path_or_inline).value().substr(0, 46), bytes);
  const auto rows = DecodeInlineDeletedRows(vector, {});
  ASSERT_THAT(rows, IsOk());
  EXPECT_EQ(rows->cardinality(), 7U);
}

// 34 bytes: the last two are "##093", that is 9 * 85 + 3 = 0x0300.
TEST(DeletionVectorReader, InlineWithMarkedPadding) {
  DeletionVector vector{'i', "^Bg9^0rr910000000000iXQKl0rr91000005c8Xg##093", std::nullopt, 34, 1};
  const auto rows = DecodeInlineDeletedRows(vector, 4);
  ASSERT_THAT(rows, IsOk());
  EXPECT_EQ(All(*rows), RowSet{3});
  // One '#' too few, one too many, a number above two bytes, a '#' where nothing is missing.
  for (const std::string_view end : {"#0093", "###93", "##@@@", "#####"}) {
    vector.path_or_inline.replace(40, 5, end);
    EXPECT_THAT(DecodeInlineDeletedRows(vector, {}), IsError(Code::kCorrupt, "Z85")) << end;
  }
  vector.path_or_inline.replace(40, 5, "##093");
  vector.size_in_bytes = 36;
  EXPECT_THAT(DecodeInlineDeletedRows(vector, {}), IsError(Code::kCorrupt, "Z85"));
}

// The protocol's example is of a form that its text does not describe, and no reader knows.
TEST(DeletionVectorReader, InlineOfAnotherFormat) {
  const DeletionVector vector{'i', "wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L",
                              std::nullopt, 40, 6};
  EXPECT_THAT(DecodeInlineDeletedRows(vector, {}), IsError(Code::kCorrupt, "format is not known"));
}

TEST(DeletionVectorReader, InlineOfNothing) {
  const auto rows = DecodeInlineDeletedRows({'i', "", std::nullopt, 0, 0}, 5);
  ASSERT_THAT(rows, IsOk());
  EXPECT_EQ(rows->cardinality(), 0U);
  EXPECT_THAT(DecodeInlineDeletedRows({'i', "", std::nullopt, 0, 1}, 5), IsError(Code::kCorrupt));
}

TEST_F(DeletionVectorReaderTest, OneFileOfManyVectors) {
  RowSet many;
  for (uint64_t i = 0; i < 100'000; i += 3) many.insert(i);
  const DeletionVector second = file_.Add(many);
  const DeletionVector third = file_.Add({1ULL << 33});
  const auto read = [&](const DeletionVector& vector) {
    return All(Read(file_.bytes(), vector).value());
  };
  EXPECT_EQ(read(vector_), rows_);
  EXPECT_TRUE(read(second) == many);
  EXPECT_EQ(read(third), RowSet{1ULL << 33});
}

TEST_F(DeletionVectorReaderTest, AVectorNearTheBeginningIsOneRequestAnotherTwo) {
  ASSERT_THAT(Read(file_.bytes(), vector_), IsOk());
  const std::string range = "range " + std::string(kKey);
  EXPECT_EQ(store_.TakeRequests(), std::vector<std::string>{range});
  file_.Skip(300'000);
  const DeletionVector far = file_.Add(rows_);
  ASSERT_THAT(Read(file_.bytes(), far), IsOk());
  EXPECT_EQ(store_.TakeRequests(), (std::vector<std::string>{range, range}));
  std::string other = file_.bytes();
  other[0] = 2;
  EXPECT_THAT(Read(other, far), IsError(Code::kCorrupt, "its file has another format"));
}

TEST_F(DeletionVectorReaderTest, EveryCheckOfTheFile) {
  const std::string& good = file_.bytes();
  ASSERT_THAT(Read(good, vector_), IsOk());
  const auto with = [&](size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = static_cast<char>(bytes[at] ^ byte);
    return bytes;
  };
  EXPECT_THAT(Read(with(0, 1), vector_), IsError(Code::kCorrupt, "its file has another format"));
  EXPECT_THAT(Read(with(4, 1), vector_), IsError(Code::kCorrupt, "different sizes"));
  EXPECT_THAT(Read(with(good.size() - 1, 1), vector_),
              IsError(Code::kCorrupt,
                      "the deletion vector of a file is broken: its checksum does not match"));
  for (size_t at = 5; at < good.size(); ++at) {
    EXPECT_THAT(Read(with(at, 4), vector_), IsError(Code::kCorrupt, "checksum")) << at;
  }
  EXPECT_THAT(Read(good.substr(0, good.size() - 1), vector_), IsError(Code::kCorrupt, "too short"));
  // The checksum of bytes that are no vector may be right.
  const DeletionVector nonsense = file_.AddBytes("nonsense", 1);
  EXPECT_THAT(Read(file_.bytes(), nonsense), IsError(Code::kCorrupt, "broken: its format"));
}

TEST_F(DeletionVectorReaderTest, EveryCheckOfTheDescriptor) {
  const std::string& file = file_.bytes();
  const auto with = [&](auto change) {
    DeletionVector vector = vector_;
    change(vector);
    return vector;
  };
  for (const std::optional<int32_t> offset : std::vector<std::optional<int32_t>>{{}, 0, -1}) {
    EXPECT_THAT(Read(file, with([&](auto& v) { v.offset = offset; })),
                IsError(Code::kCorrupt, "cannot lie where the log says"));
  }
  EXPECT_THAT(Read(file, with([](auto& v) { v.offset = 2; })),
              IsError(Code::kCorrupt, "too short"));
  EXPECT_THAT(Read(file, with([](auto& v) { v.offset = INT32_MAX; })), IsError(Code::kCorrupt));
  EXPECT_THAT(Read(file, with([](auto& v) { v.size_in_bytes -= 1; })),
              IsError(Code::kCorrupt, "different sizes"));
  EXPECT_THAT(Read(file, with([](auto& v) { v.size_in_bytes = -1; })), IsError(Code::kCorrupt));
  EXPECT_THAT(Read(file, with([](auto& v) { v.size_in_bytes = INT32_MAX; })),
              IsError(Code::kUnsupported, "larger than this server reads"));
  for (const int64_t cardinality : {-1, 0, 5, 7}) {
    EXPECT_THAT(Read(file, with([&](auto& v) { v.cardinality = cardinality; })),
                IsError(Code::kCorrupt, "another number of rows than the log says"));
  }
}

TEST_F(DeletionVectorReaderTest, RowsMustBeThoseOfTheFile) {
  EXPECT_THAT(Read(file_.bytes(), vector_, 30), IsOk());
  EXPECT_THAT(Read(file_.bytes(), vector_, 29),
              IsError(Code::kCorrupt, "names rows that the file does not have"));
  EXPECT_THAT(Read(file_.bytes(), vector_, 0), IsError(Code::kCorrupt));
  EXPECT_THAT(Read(file_.bytes(), vector_, -1), IsError(Code::kCorrupt));
}

TEST_F(DeletionVectorReaderTest, WhatTheStoreSays) {
  const auto missing = ReadDeletedRows(store_, vector_, {});
  EXPECT_THAT(missing, IsError(Code::kCorrupt, "its file is missing"));
  EXPECT_NE(missing.error().detail.find(kKey), std::string::npos);
  store_.before = [](const std::string&) -> Status {
    return Fail(Code::kUnavailable, "the store failed");
  };
  EXPECT_THAT(ReadDeletedRows(store_, vector_, {}), IsError(Code::kUnavailable));
}

struct RealTable {
  std::string_view location;
  size_t vectors;  // of all versions together
};

// Vectors that Spark and others wrote.
class RealVectors : public ::testing::TestWithParam<RealTable> {};

TEST_P(RealVectors, AreReadWithTheCardinalityOfTheLog) {
  const std::filesystem::path shared = SLUICE_SHARED_DIR;
  if (!std::filesystem::exists(shared / "delta-tables")) {
    GTEST_SKIP() << "no tables at " << shared;
  }
  testing::LineCheckpointReader reader;
  SystemClock clock;
  Metrics metrics;
  SecureRandom random;
  storage::Stores stores{{clock, random, metrics}};
  Snapshots snapshots{stores, reader, clock, metrics, {}};
  const std::string location = (shared / GetParam().location).string();
  const auto store = snapshots.Store(location).value();
  size_t read = 0;
  for (Version version = 0;; ++version) {
    // Ends behind the last version.
    const auto snapshot = snapshots.At(location, version);
    if (!snapshot.has_value()) break;
    FileCursor files = (*snapshot)->Files();
    while (const FileEntry* file = files.Next().value()) {
      if (file->deletion_vector == nullptr) continue;
      const auto rows = ReadDeletedRows(*store, *file->deletion_vector, file->num_records);
      ASSERT_THAT(rows, IsOk()) << version << ' ' << file->path;
      EXPECT_EQ(All(*rows).size(), static_cast<size_t>(file->deletion_vector->cardinality));
      ++read;
    }
  }
  EXPECT_EQ(read, GetParam().vectors);
}

INSTANTIATE_TEST_SUITE_P(
    Of, RealVectors,
    ::testing::Values(RealTable{"spark-tables/dv", 7},
                      RealTable{"delta-tables/kernel/table-with-dv-small", 1},
                      RealTable{"delta-tables/kernel/cdf-table-with-dv", 4},
                      RealTable{"delta-tables/golden/dv-partitioned-with-checkpoint/delta", 43}),
    [](const auto& test) {
      std::string name(test.param.location);
      std::ranges::replace_if(name, [](char c) { return !std::isalnum(c); }, '_');
      return name;
    });

}  // namespace
}  // namespace sluice::delta
