#include "audit/cursor.h"

#include <filesystem>

#include "audit/file_log.h"
#include "audit/testing/events.h"
#include "audit/testing/temp_folder.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using ::sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const TimePoint kTime = FromUnixMillis(1'735'689'600'000);  // 2025-01-01

class CursorTest : public ::testing::Test {
 protected:
  CursorTest() {
    log_ =
        FileLog::Open({.folder = folder_.log(), .segment_size = KiB(8)}, clock_, nullptr).value();
    reader_ = Reader::Open(folder_.log()).value();
  }
  // One event a minute, each fifth refused.
  void Fill(int count) {
    for (int i = 0; i < count; ++i) {
      const TimePoint time = kTime + 1min * i;
      const Event event = i % 5 == 4 ? testing::DenialEvent("acme", 404, time)
                                     : testing::ReadEvent("acme", "s", "d.t", i, time);
      ASSERT_THAT(log_->Append(event, Sync::kSoon), IsOk());
    }
  }
  Cursor Open(const Filter& filter = {}, uint64_t after = 0) {
    return Cursor::Open(*reader_, filter, after).value();
  }
  static std::vector<uint64_t> Rest(Cursor& cursor) {
    std::vector<uint64_t> found;
    while (const auto match = cursor.Next().value()) found.push_back(match->sequence);
    return found;
  }
  static std::vector<uint64_t> Numbers(uint64_t first, uint64_t last) {
    std::vector<uint64_t> numbers;
    for (uint64_t n = first; n <= last; ++n) numbers.push_back(n);
    return numbers;
  }

  testing::TempFolder folder_;
  sluice::testing::ManualClock clock_{kTime};
  std::unique_ptr<FileLog> log_;
  std::unique_ptr<Reader> reader_;
};

TEST_F(CursorTest, GivesLinesAsTheyAreTheOldestFirst) {
  Fill(100);
  ASSERT_THAT(folder_.Segments(), SizeIs(::testing::Gt(3U)));
  std::vector<std::string> expected;
  for (const auto& segment : folder_.Segments()) {
    for (const std::string& line : folder_.Lines(segment)) {
      if (!line.starts_with("{\"segment\":")) expected.push_back(line);
    }
  }
  Cursor cursor = Open();
  EXPECT_EQ(cursor.newest(), 100U);
  std::vector<std::string> found;
  while (const auto match = cursor.Next().value()) found.emplace_back(match->line);
  EXPECT_EQ(found, expected);
  EXPECT_THAT(cursor.TakeGaps(), IsEmpty());
}

TEST_F(CursorTest, BeginsBehindAnyEvent) {
  Fill(60);
  for (uint64_t after = 0; after <= 60; ++after) {
    Cursor cursor = Open({}, after);
    EXPECT_EQ(Rest(cursor), Numbers(after + 1, 60));
    EXPECT_THAT(cursor.TakeGaps(), IsEmpty());
  }
  Cursor beyond = Open({}, 1000);
  EXPECT_THAT(Rest(beyond), IsEmpty());
  EXPECT_EQ(beyond.newest(), 60U);
}

TEST_F(CursorTest, GivesWhatMatches) {
  Fill(60);
  Cursor cursor = Open({.status_class = 4}, 20);
  EXPECT_THAT(Rest(cursor), ElementsAre(25, 30, 35, 40, 45, 50, 55, 60));
}

TEST_F(CursorTest, EndsWhereTheLogEndedUntilItIsRenewed) {
  Fill(10);
  Cursor cursor = Open();
  Fill(50);
  EXPECT_EQ(Rest(cursor), Numbers(1, 10));
  EXPECT_EQ(Rest(cursor), Numbers(1, 0));
  ASSERT_THAT(cursor.Renew(), IsOk());
  EXPECT_EQ(Rest(cursor), Numbers(11, 60));
  ASSERT_THAT(cursor.Renew(), IsOk());
  EXPECT_EQ(Rest(cursor), Numbers(1, 0));
  EXPECT_EQ(cursor.newest(), 60U);
}

// Renewed at any place, nothing comes twice and nothing is left out.
TEST_F(CursorTest, IsRenewedInTheMiddle) {
  Fill(40);
  Cursor cursor = Open({}, 3);
  std::vector<uint64_t> found;
  while (const auto match = cursor.Next().value()) {
    found.push_back(match->sequence);
    if (match->sequence % 7 == 0) Fill(2);
    if (found.size() > 200) break;
    ASSERT_THAT(cursor.Renew(), IsOk());
  }
  EXPECT_EQ(found, Numbers(4, log_->head().sequence));
  EXPECT_GT(found.size(), 40U);
}

TEST_F(CursorTest, OfALogWithoutEvents) {
  Cursor cursor = Open();
  EXPECT_EQ(cursor.newest(), 0U);
  EXPECT_THAT(Rest(cursor), IsEmpty());
  Fill(3);
  ASSERT_THAT(cursor.Renew(), IsOk());
  EXPECT_EQ(Rest(cursor), Numbers(1, 3));
}

TEST_F(CursorTest, SaysWhatRetentionDeleted) {
  Fill(100);
  const auto segments = folder_.Segments();
  const auto first_of = [&](size_t i) {
    return std::stoull(segments[i].filename().string().substr(6, 20));
  };
  Cursor early = Open({}, 1);
  EXPECT_EQ(early.Next().value()->sequence, 2U);
  for (size_t i = 0; i < 3; ++i) std::filesystem::remove(segments[i]);
  // It has the first file open, and goes on behind the two that went.
  EXPECT_EQ(Rest(early).size() + 1, 100 - (first_of(3) - first_of(1)) - 1);
  EXPECT_THAT(early.TakeGaps(), ElementsAre(Gap{first_of(1), first_of(3) - 1}));
  EXPECT_THAT(early.TakeGaps(), IsEmpty());

  Cursor behind = Open({}, 2);
  EXPECT_EQ(Rest(behind), Numbers(first_of(3), 100));
  EXPECT_THAT(behind.TakeGaps(), ElementsAre(Gap{3, first_of(3) - 1}));
  Cursor anywhere = Open();
  EXPECT_EQ(Rest(anywhere), Numbers(first_of(3), 100));
  EXPECT_THAT(anywhere.TakeGaps(), IsEmpty());
}

TEST_F(CursorTest, ALineThatIsBeingWrittenComesWhenItIsWhole) {
  Fill(3);
  log_.reset();
  const auto file = folder_.Segments().back();
  const std::string whole = testing::TempFolder::Read(file);
  testing::TempFolder::Write(file, whole.substr(0, whole.size() - 20));
  Cursor cursor = Open();
  EXPECT_EQ(Rest(cursor), Numbers(1, 2));
  testing::TempFolder::Write(file, whole);
  ASSERT_THAT(cursor.Renew(), IsOk());
  EXPECT_EQ(Rest(cursor), Numbers(3, 3));
}

}  // namespace
}  // namespace sluice::audit
