#include "audit/usage_book.h"

#include <filesystem>

#include "audit/event_json.h"
#include "audit/file_log.h"
#include "audit/testing/events.h"
#include "audit/testing/temp_folder.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using ::sluice::testing::IsOk;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const TimePoint kTime = FromUnixMillis(1'735'689'600'000);  // 2025-01-01
const int64_t kHour = ToUnixMillis(kTime) / 3'600'000;

Event Read(const std::string& recipient, const std::string& table, int64_t bytes, TimePoint time) {
  Event event = testing::ReadEvent(recipient, "sales", table, bytes, time);
  event.result = {{"files", "3"}, {"version", std::to_string(bytes)}, {"complete", "true"}};
  return event;
}

class UsageBookTest : public ::testing::Test {
 protected:
  UsageBookTest()
      : log_(FileLog::Open({.folder = folder_.log(), .segment_size = KiB(8)}, clock_, nullptr)
                 .value()) {}

  void Append(const Event& event) { ASSERT_THAT(log_->Append(event, Sync::kSoon), IsOk()); }
  // One event each ten minutes; enough for many files.
  void Fill(int count) {
    for (int i = 0; i < count; ++i) {
      const TimePoint time = kTime + 10min * i;
      const std::string recipient = "r" + std::to_string(i % 3);
      Append(i % 5 == 4 ? testing::DenialEvent(recipient, 404, time)
                        : Read(recipient, i % 2 == 0 ? "d.t" : "d.\"u\"\t\n", i, time));
    }
  }
  std::map<UsageKey, UsageSum> Count(const Hours& hours) const { return CountIn(*Open(), hours); }
  std::unique_ptr<UsageBook> Open() const { return UsageBook::Open(folder_.log()).value(); }
  static std::map<UsageKey, UsageSum> CountIn(const UsageBook& book, const Hours& hours) {
    std::map<UsageKey, UsageSum> sums;
    EXPECT_THAT(
        book.Visit(hours, [&](const UsageKey& key, const UsageSum& sum) { sums[key].Add(sum); }),
        IsOk());
    return sums;
  }
  // The same by parsing every line.
  std::map<UsageKey, UsageSum> Expected(const Hours& hours) const {
    std::map<UsageKey, UsageSum> sums;
    for (const auto& segment : folder_.Segments()) {
      for (const std::string& line : testing::TempFolder::Lines(segment)) {
        const auto event = ParseEvent(line);
        if (!event || event->recipient.empty()) continue;
        const int64_t ms = ToUnixMillis(event->time);
        const int64_t hour = ms / 3'600'000;
        if (hour < hours.from || hour >= hours.to) continue;
        UsageSum sum;
        if (event->status == 200) {
          sum = {1, 3, event->bytes_read, 0, 0, 0, ms, event->bytes_read, ms};
        } else {
          sum.denied = 1;
        }
        sums[{hour, event->share, event->recipient, event->table}].Add(sum);
      }
    }
    return sums;
  }
  std::vector<std::filesystem::path> SumsFiles() const {
    std::vector<std::filesystem::path> found;
    for (const auto& file : std::filesystem::directory_iterator(folder_.log())) {
      if (file.path().extension() == ".sums") found.push_back(file.path());
    }
    return found;
  }

  testing::TempFolder folder_;
  sluice::testing::ManualClock clock_{kTime};
  std::unique_ptr<FileLog> log_;
};

TEST_F(UsageBookTest, CountsAsAllLinesTogetherDo) {
  Fill(200);
  ASSERT_GT(folder_.Segments().size(), 4U);
  for (const Hours& hours : {Hours{0, kHour + 1000}, Hours{kHour + 5, kHour + 9}}) {
    EXPECT_EQ(Count(hours), Expected(hours));
    EXPECT_EQ(Count(hours), Expected(hours)) << "with sums from the disk";
  }
  EXPECT_THAT(SumsFiles(), SizeIs(folder_.Segments().size() - 1));
  EXPECT_THAT(Count({0, kHour}), IsEmpty());
  EXPECT_THAT(Count({kHour + 500, kHour + 900}), IsEmpty());
}

TEST_F(UsageBookTest, FollowsTheFileThatIsWritten) {
  const auto book = Open();
  const Hours all{0, kHour + 1000};
  for (int i = 0; i < 60; ++i) {
    Append(Read("r", "d.t", i, kTime + 1min * i));
    ASSERT_EQ(CountIn(*book, all), Expected(all)) << i;
  }
  ASSERT_GT(folder_.Segments().size(), 1U);
}

TEST_F(UsageBookTest, TakesDamagedSumsForNone) {
  Fill(100);
  const Hours all{0, kHour + 1000};
  const auto expected = Expected(all);
  ASSERT_EQ(Count(all), expected);
  for (const auto& file : SumsFiles()) {
    std::string text = testing::TempFolder::Read(file);
    text[text.size() / 2] ^= 1;
    testing::TempFolder::Write(file, text);
  }
  EXPECT_EQ(Count(all), expected);
  for (const auto& file : SumsFiles()) testing::TempFolder::Write(file, "");
  EXPECT_EQ(Count(all), expected);
}

TEST_F(UsageBookTest, DoesNotReadTheLinesOfFilesThatAreSummedUp) {
  Fill(100);
  const Hours all{0, kHour + 1000};
  const auto expected = Count(all);
  // The same size, other bytes: whoever read them would count less.
  for (const auto& segment : folder_.Segments()) {
    if (segment == folder_.Segments().back()) continue;
    const std::string text = testing::TempFolder::Read(segment);
    testing::TempFolder::Write(segment, std::string(text.size(), '\n'));
  }
  EXPECT_EQ(Count(all), expected);
}

TEST_F(UsageBookTest, CatchUpMakesSumsBeforeAnybodyAsks) {
  Fill(100);
  const auto book = Open();
  ASSERT_THAT(book->CatchUp(2), IsOk());
  EXPECT_THAT(SumsFiles(), SizeIs(2));
  ASSERT_THAT(book->CatchUp(100), IsOk());
  EXPECT_THAT(SumsFiles(), SizeIs(folder_.Segments().size() - 1));
}

TEST_F(UsageBookTest, RefusalsAreToldApart) {
  for (const int status : {401, 403, 404, 400, 429, 500, 503}) {
    Append(testing::DenialEvent("r", status, kTime));
  }
  Event alert = testing::DenialEvent("r", 403, kTime);
  alert.action = "deltaSharingDeniedAccessAlert";
  Append(alert);
  Event by_admin = testing::ChangeEvent("updateRecipient", "ada@example.org", kTime);
  by_admin.recipient = "r";
  by_admin.status = 400;
  Append(by_admin);
  Event file = Read("r", "d.t", 70, kTime);
  file.action = "deltaSharingReadFile";
  Append(file);
  UsageSum sum;
  for (const auto& [key, one] : Count({kHour, kHour + 1})) sum.Add(one);
  EXPECT_EQ(sum.denied, 3U);
  EXPECT_EQ(sum.client_errors, 2U);
  EXPECT_EQ(sum.server_errors, 2U);
  EXPECT_EQ(sum.reads, 0U);
  EXPECT_EQ(sum.bytes, 70);
}

TEST_F(UsageBookTest, AddressesOfRecipients) {
  for (int i = 0; i < 40; ++i) {
    Event event = Read("r", "d.t", i, kTime + 1h * i);
    event.source_ip = i < 39 ? "192.0.2.7" : "198.51.100.1";
    Append(event);
  }
  std::map<std::string, SeenAddress> seen;
  for (int round = 0; round < 2; ++round) {
    seen.clear();
    EXPECT_THAT(Open()->VisitAddresses({kHour, kHour + 40},
                                       [&](const auto& recipient, const auto& ip, const auto& one) {
                                         EXPECT_EQ(recipient, "r");
                                         const auto at = seen.emplace(ip, one).first;
                                         at->second.first_ms =
                                             std::min(at->second.first_ms, one.first_ms);
                                       }),
                IsOk());
    EXPECT_THAT(seen, SizeIs(2));
  }
  EXPECT_EQ(seen["192.0.2.7"].first_ms, ToUnixMillis(kTime));
  EXPECT_EQ(seen["198.51.100.1"].first_ms, ToUnixMillis(kTime + 39h));
}

TEST_F(UsageBookTest, SumsGoWithTheirFiles) {
  Fill(100);
  ASSERT_THAT(Open()->CatchUp(100), IsOk());
  clock_.Advance(24h * 40);
  Append(Read("r", "d.t", 1, clock_.Now()));
  const auto purged = log_->Purge(std::chrono::days(1));
  ASSERT_THAT(purged, IsOk());
  ASSERT_GT(purged->segments, 0U);
  EXPECT_LT(SumsFiles().size(), folder_.Segments().size() + 1);
  for (const auto& file : SumsFiles()) {
    EXPECT_TRUE(std::filesystem::exists(file.parent_path() / file.stem())) << file;
  }
}

}  // namespace
}  // namespace sluice::audit
