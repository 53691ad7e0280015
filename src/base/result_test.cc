#include "base/result.h"

#include <memory>

#include "base/testing/matchers.h"

namespace sluice {
namespace {

using testing::IsError;
using testing::IsOk;
using testing::IsOkAnd;

Result<int> Half(int n) {
  if (n % 2 != 0) return Fail(Code::kInvalidArgument, "odd", "n is odd");
  return n / 2;
}

Result<int> Quarter(int n) { return TRY(Half(TRY(Half(n)))); }

Status Check(int n) {
  TRY_CONTEXT("checking", Half(n));
  return {};
}

TEST(Result, TryUnwrapsAndNests) {
  EXPECT_THAT(Quarter(12), IsOkAnd(3));
  EXPECT_THAT(Quarter(6), IsError(Code::kInvalidArgument));
}

TEST(Result, TryMovesTheValueOut) {
  auto make = []() -> Result<std::unique_ptr<int>> { return std::make_unique<int>(7); };
  auto use = [&]() -> Result<int> {
    std::unique_ptr<int> p = TRY(make());
    return *p;
  };
  EXPECT_THAT(use(), IsOkAnd(7));
}

TEST(Result, ContextGoesToTheDetailNotToTheMessage) {
  EXPECT_THAT(Check(2), IsOk());
  const Status status = Check(1);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().message, "odd");
  EXPECT_EQ(status.error().detail, "checking: n is odd");
}

}  // namespace
}  // namespace sluice
