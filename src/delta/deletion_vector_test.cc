#include "delta/deletion_vector.h"

#include "base/encoding.h"
#include "base/testing/matchers.h"
#include "delta/log_path.h"

namespace sluice::delta {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOkAnd;

// The examples of the protocol.
TEST(DeletionVector, UniqueIdHoldsTheOffset) {
  EXPECT_EQ((DeletionVector{'u', "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6}.UniqueId()),
            "uab^-aqEH.-t@S}K{vb[*k^@4");
  EXPECT_EQ((DeletionVector{'i', "wi5b=", std::nullopt, 40, 6}.UniqueId()), "iwi5b=");
}

TEST(DeletionVector, PathOfAFileBesideTheTable) {
  const DeletionVector vector{'u', "ab^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  EXPECT_THAT(DeletionVectorPath(vector),
              IsOkAnd("ab/deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"));
  const DeletionVector plain{'u', "^-aqEH.-t@S}K{vb[*k^", std::nullopt, 40, 6};
  EXPECT_THAT(DeletionVectorPath(plain),
              IsOkAnd("deletion_vector_d2c639aa-8816-431a-aaf6-d3fe2512ff61.bin"));
}

TEST(DeletionVector, AStrangePrefixCannotClimb) {
  const DeletionVector vector{'u', "..^-aqEH.-t@S}K{vb[*k^", 4, 40, 6};
  const std::string path = DeletionVectorPath(vector).value();
  EXPECT_THAT(ObjectKey(path), IsError(Code::kUnsupported));
}

TEST(DeletionVector, AnAbsolutePathIsTakenAsWritten) {
  EXPECT_THAT(DeletionVectorPath({'p', "s3://mytable/x%20y.bin", 4, 40, 6}),
              IsOkAnd("s3://mytable/x%20y.bin"));
}

TEST(DeletionVector, RefusesWhatHasNoFileHere) {
  EXPECT_THAT(DeletionVectorPath({'i', "wi5b=", std::nullopt, 40, 6}),
              IsError(Code::kInvalidArgument));
  EXPECT_THAT(DeletionVectorPath({'p', "x.bin", 4, 40, 6}), IsError(Code::kCorrupt));
  EXPECT_THAT(DeletionVectorPath({'u', "tooshort", 4, 40, 6}), IsError(Code::kCorrupt));
  EXPECT_THAT(DeletionVectorPath({'u', "^-aqEH.-t@S}K{vb[*k~", 4, 40, 6}), IsError(Code::kCorrupt));
  EXPECT_THAT(DeletionVectorPath({'x', "^-aqEH.-t@S}K{vb[*k^", 4, 40, 6}), IsError(Code::kCorrupt));
}

TEST(DecodeZ85, FollowsTheSpecification) {
  const std::string bytes = DecodeZ85("HelloWorld").value();
  EXPECT_EQ(Hex(bytes), "864fd26fb559f75b");
  EXPECT_THAT(DecodeZ85(""), IsOkAnd(""));
  EXPECT_THAT(DecodeZ85("Hell"), IsError(Code::kCorrupt));
  EXPECT_THAT(DecodeZ85("Hell\""), IsError(Code::kCorrupt));
  EXPECT_THAT(DecodeZ85("#####"), IsError(Code::kCorrupt));  // above 32 bits
}

}  // namespace
}  // namespace sluice::delta
