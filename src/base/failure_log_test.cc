#include "base/failure_log.h"

#include "base/testing/matchers.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kWork = "reading the book";

// What is logged of how the work ended.
std::string Told(FailureLog& failures, const Status& status, std::string_view work = kWork) {
  ::testing::internal::CaptureStderr();
  failures.Note(work, status);
  return ::testing::internal::GetCapturedStderr();
}

Status Away(std::string detail) {
  return Fail(Code::kUnavailable, "it is away", std::move(detail));
}

TEST(FailureLog, TellsTheFirstOfEqualFailuresAndTheEnd) {
  FailureLog failures;
  EXPECT_THAT(Told(failures, {}), IsEmpty());
  EXPECT_THAT(Told(failures, Away("port 1")),
              HasSubstr("reading the book fails: it is away [port 1]"));
  EXPECT_THAT(Told(failures, Away("port 2")), IsEmpty());
  EXPECT_THAT(Told(failures, Fail(Code::kConflict, "somebody has it")),
              HasSubstr("somebody has it"));
  EXPECT_THAT(Told(failures, {}), HasSubstr("reading the book works again"));
  EXPECT_THAT(Told(failures, {}), IsEmpty());
  EXPECT_THAT(Told(failures, Away("port 3")), HasSubstr("port 3"));
}

TEST(FailureLog, KeepsDifferentWorkApart) {
  FailureLog failures;
  Told(failures, Away(""));
  EXPECT_THAT(Told(failures, Away(""), "writing it"), HasSubstr("writing it fails"));
  EXPECT_THAT(Told(failures, {}, "writing it"), HasSubstr("writing it works again"));
  EXPECT_THAT(Told(failures, Away("")), IsEmpty());
}

}  // namespace
}  // namespace sluice
