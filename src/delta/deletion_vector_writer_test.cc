#include "delta/deletion_vector_writer.h"

#include "base/testing/matchers.h"
#include "delta/deletion_vector.h"
#include "delta/deletion_vector_reader.h"
#include "delta/testing/vector_writer.h"
#include "storage/testing/memory_store.h"

namespace sluice::delta {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;

constexpr std::string_view kUuid = "d2c639aa-8816-431a-aaf6-d3fe2512ff61";

TEST(DeletionVectorWriterTest, Z85IsTheInverseOfItsDecoder) {
  // The example of ZeroMQ RFC 32.
  EXPECT_EQ(EncodeZ85("\x86\x4f\xd2\x6f\xb5\x59\xf7\x5b"), "HelloWorld");
}

TEST(DeletionVectorWriterTest, ReaderFindsTheRows) {
  storage::testing::MemoryStore store;
  const std::vector<uint64_t> rows = {0, 3, 4, 255, 256, 65535};
  const auto vector = WriteDeletionVector(store, kUuid, rows);
  ASSERT_THAT(vector, IsOk());
  EXPECT_EQ(DeletionVectorPath(*vector).value(),
            "deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin");
  const auto read = ReadDeletedRows(store, *vector, 65536);
  ASSERT_THAT(read, IsOk());
  std::vector<uint64_t> found;
  auto cursor = read->Rows();
  while (const auto row = cursor.Next()) found.push_back(*row);
  EXPECT_EQ(found, rows);
}

TEST(DeletionVectorWriterTest, BytesAreThoseOfTheFormat) {
  storage::testing::MemoryStore store;
  ASSERT_THAT(WriteDeletionVector(store, kUuid, {1, 5}), IsOk());
  testing::VectorFile other("x");
  other.Add({1, 5}, testing::Runs::kNever);
  EXPECT_EQ(store.Read("deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin", MiB(1)).value(),
            other.bytes());
}

TEST(DeletionVectorWriterTest, RefusesWhatItHasNoFormFor) {
  storage::testing::MemoryStore store;
  const std::vector<std::vector<uint64_t>> bad = {
      {}, {3, 3}, {4, 3}, {65536}, std::vector<uint64_t>(4097, 1)};
  for (const auto& rows : bad) {
    EXPECT_THAT(WriteDeletionVector(store, kUuid, rows), IsError(Code::kInvalidArgument));
  }
  EXPECT_THAT(WriteDeletionVector(store, "d2c6", {1}), IsError(Code::kInvalidArgument));
  EXPECT_THAT(WriteDeletionVector(store, "z2c639aa-8816-431a-aaf6-d3fe2512ff61", {1}),
              IsError(Code::kInvalidArgument));
}

}  // namespace
}  // namespace sluice::delta
