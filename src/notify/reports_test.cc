#include "notify/reports.h"

#include <future>
#include <optional>

#include "base/testing/matchers.h"
#include "base/timestamp.h"
#include "catalog/testing/share_catalog.h"
#include "db/testing/each_driver.h"
#include "notify/notifier.h"
#include "notify/report_result.h"
#include "notify/testing/fake_transport.h"

namespace sluice::notify {
namespace {

using namespace std::chrono_literals;
using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What somebody asked.
std::string Days(const UsageQuestion& question) {
  return FormatTimestamp(TimePoint(std::chrono::hours(question.hours.from))).substr(0, 13) + " " +
         FormatTimestamp(TimePoint(std::chrono::hours(question.hours.to))).substr(0, 13);
}

class ReportsTest : public db::testing::EachDriver, protected catalog::testing::ShareCatalog {
 protected:
  void Prepare() override {
    Set("2026-01-01T00:00:00Z");
    Reopen();
  }
  ~ReportsTest() override {
    notifier_.reset();
    database_.reset();
  }

  void Set(std::string_view time) { clock.Advance(ParseTimestamp(time).value() - clock.Now()); }
  // As after a crash: nothing but the database is left.
  void Reopen() {
    notifier_.reset();
    database_.reset();
    database_ = db::Database::Open(place_->path()).value();
    ASSERT_THAT(database_->Migrate(Migrations()), IsOk());
    Options options{.portal_url = "https://share.example.org"};
    options.count_usage = [this](const UsageQuestion& question) -> Result<UsageTable> {
      asked_.push_back(Days(question));
      last_asked_ = question;
      if (while_counting_) while_counting_();
      if (failure_) return std::unexpected(*failure_);
      return table_;
    };
    notifier_ =
        Notifier::Open(
            *database_, *catalog, transport_,
            [](const std::string&) -> Result<TableLook> { return Fail(Code::kUnavailable, "off"); },
            options)
            .value();
  }
  Reports& reports() { return notifier_->reports(); }
  Report Make(Schedule schedule = {}, const std::string& destination = "") {
    ReportChange wanted{.name = "r", .group_by = GroupBy{.recipient = true}};
    wanted.schedule = std::move(schedule);
    if (!destination.empty()) wanted.destinations = {destination};
    return reports().Create(ada, wanted).value();
  }
  std::string Hook() {
    return notifier_
        ->CreateDestination(
            {.display_name = "hook", .webhook = true, .url = "https://hooks.example/x"})
        ->destination.id;
  }
  // Says when the next one is due.
  std::string RunDue() {
    const auto next = reports().RunDue();
    EXPECT_THAT(next, IsOk());
    return next && *next ? FormatTimestamp(**next).substr(0, 16) : "none";
  }
  std::vector<std::string> InboxOf(const catalog::Caller& who) {
    std::vector<std::string> titles;
    const auto inbox = notifier_->Inbox(who.principal, Unread::kAll, "", 100).value();
    for (const Notification& one : inbox) {
      titles.push_back(one.fact.title);
    }
    return titles;
  }
  size_t Delivered() {
    EXPECT_THAT(notifier_->Deliver(), IsOk());
    return transport_.sent.size();
  }
  void AlterUser(const catalog::Caller& who,
                 const std::function<void(catalog::Principal&)>& alter) {
    Change([&](catalog::Edit& edit) {
      catalog::Principal user = *edit.picture().FindPrincipal(who.principal);
      alter(user);
      edit.Update(std::move(user));
    });
  }

  testing::FakeTransport transport_;
  std::vector<std::string> asked_;
  UsageQuestion last_asked_;
  std::function<void()> while_counting_;
  std::optional<Error> failure_;
  UsageTable table_{.rows = {{.recipient = "acme", .sum = {.reads = 3, .bytes = 30}}},
                    .total = {.reads = 3, .bytes = 30}};
  std::unique_ptr<db::Database> database_;
  std::unique_ptr<Notifier> notifier_;
};

INSTANTIATE_TEST_SUITE_P(Each, ReportsTest, db::testing::Drivers(), db::testing::DriverName);

TEST_P(ReportsTest, EachTimeThatComesIsToldOnce) {
  Make({.hour = 6}, Hook());
  EXPECT_EQ(RunDue(), "2026-01-01T06:00");
  EXPECT_THAT(asked_, IsEmpty());
  Set("2026-01-01T06:00:00Z");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(RunDue(), "2026-01-02T06:00");
  EXPECT_THAT(asked_, ElementsAre("2025-12-31T00 2026-01-01T00"));
  EXPECT_THAT(InboxOf(ada), ElementsAre("r: 2025-12-31"));
  EXPECT_EQ(Delivered(), 1U);
  Reopen();
  EXPECT_EQ(RunDue(), "2026-01-02T06:00");
  EXPECT_EQ(Delivered(), 1U);
  Set("2026-01-02T06:00:30Z");
  EXPECT_EQ(RunDue(), "2026-01-03T06:00");
  EXPECT_THAT(InboxOf(ada), ElementsAre("r: 2026-01-01", "r: 2025-12-31"));
  EXPECT_EQ(Delivered(), 2U);
}

TEST_P(ReportsTest, OfTimesThatWereMissedTheLastOneIsTold) {
  Make({.hour = 6});
  Set("2026-01-05T03:00:00Z");
  Reopen();
  EXPECT_EQ(RunDue(), "2026-01-05T06:00");
  // It was due on the 4th, and is about the day before that: the 4th comes three hours later.
  EXPECT_THAT(asked_, ElementsAre("2026-01-03T00 2026-01-04T00"));
  Set("2026-01-05T06:00:00Z");
  RunDue();
  EXPECT_THAT(asked_, ElementsAre("2026-01-03T00 2026-01-04T00", "2026-01-04T00 2026-01-05T00"));
}

TEST_P(ReportsTest, TheThreadOfTheNotifierRunsThem) {
  Make({.hour = 6});
  std::promise<void> counted;
  while_counting_ = [&] { counted.set_value(); };
  ASSERT_THAT(notifier_->Start(), IsOk());
  Set("2026-01-01T06:00:00Z");
  notifier_->Wake();
  counted.get_future().wait();
  notifier_.reset();
  EXPECT_THAT(asked_, ElementsAre("2025-12-31T00 2026-01-01T00"));
}

TEST_P(ReportsTest, AllThatAreDueRun) {
  for (int i = 0; i < 5; ++i) Make({.hour = 6});
  Make({.every = Every::kMonth, .hour = 6});
  Set("2026-01-01T06:00:00Z");
  EXPECT_EQ(RunDue(), "2026-01-02T06:00");
  EXPECT_THAT(asked_, SizeIs(6));
}

TEST_P(ReportsTest, WhatWasChangedWhileItWasCountedIsNotTold) {
  const Report report = Make({.hour = 6});
  Set("2026-01-01T06:00:00Z");
  while_counting_ = [&] {
    clock.Advance(1ms);
    EXPECT_THAT(reports().Update(report.id, {.paused = true}), IsOk());
  };
  EXPECT_EQ(RunDue(), "none");
  EXPECT_THAT(InboxOf(ada), IsEmpty());
  while_counting_ = [&] { EXPECT_THAT(reports().Delete(report.id), IsOk()); };
  EXPECT_THAT(reports().Update(report.id, {.paused = false}), IsOk());
  Set("2026-01-02T06:00:00Z");
  EXPECT_EQ(RunDue(), "none");
  EXPECT_THAT(InboxOf(ada), IsEmpty());
}

TEST_P(ReportsTest, PausedOnesWaitAndAreNotMadeUpFor) {
  const Report report = Make({.hour = 6});
  EXPECT_THAT(reports().Update(report.id, {.paused = true}), IsOk());
  Set("2026-01-03T12:00:00Z");
  EXPECT_EQ(RunDue(), "none");
  EXPECT_THAT(reports().RunNow(report.id), IsOk()) << "by hand";
  EXPECT_THAT(asked_, ElementsAre("2026-01-02T00 2026-01-03T00"));
  EXPECT_THAT(reports().Update(report.id, {.paused = false}), IsOk());
  EXPECT_EQ(RunDue(), "2026-01-04T06:00");
  EXPECT_THAT(asked_, SizeIs(1));
}

TEST_P(ReportsTest, AnotherNameMovesNothing) {
  const Report report = Make({.hour = 6});
  Set("2026-01-01T07:00:00Z");
  EXPECT_THAT(reports().Update(report.id, {.name = "other"}), IsOk());
  RunDue();
  EXPECT_THAT(InboxOf(ada), ElementsAre("other: 2025-12-31"));
}

TEST_P(ReportsTest, OwnersWhoAreGoneOrDisabledMakeItFail) {
  const Report report = Make({.hour = 6}, Hook());
  AlterUser(ada, [](auto& user) { user.active = false; });
  Set("2026-01-01T06:00:00Z");
  EXPECT_EQ(RunDue(), "2026-01-02T06:00");
  EXPECT_EQ(reports().Find(report.id)->last_run->error, "Its owner, ada@example.org, is disabled.");
  EXPECT_THAT(asked_, IsEmpty());
  EXPECT_THAT(InboxOf(ada), IsEmpty());
  EXPECT_THAT(InboxOf(root), ElementsAre("Usage report r failed"));
  EXPECT_EQ(Delivered(), 0U);
  Change([&](catalog::Edit& edit) { edit.ErasePrincipal(ada.principal); });
  ASSERT_THAT(reports().RunNow(report.id), IsOk());
  EXPECT_THAT(reports().Find(report.id)->last_run->error, HasSubstr("does not exist any more"));
  EXPECT_THAT(reports().ResultOfLastRun(report.id), IsError(Code::kNotFound));
}

TEST_P(ReportsTest, WhatCannotBeCountedNowIsTriedAgainForADay) {
  const Report report = Make({.hour = 6});
  failure_ = Error{Code::kUnavailable, "the log cannot be read", "", ""};
  Set("2026-01-01T06:00:00Z");
  EXPECT_EQ(RunDue(), "2026-01-01T06:10");
  EXPECT_EQ(reports().Find(report.id)->last_run->error, "the log cannot be read");
  EXPECT_THAT(InboxOf(ada), IsEmpty()) << "not yet";
  failure_.reset();
  clock.Advance(10min);
  EXPECT_EQ(RunDue(), "2026-01-02T06:00");
  EXPECT_THAT(asked_, ElementsAre("2025-12-31T00 2026-01-01T00", "2025-12-31T00 2026-01-01T00"));
  EXPECT_THAT(InboxOf(ada), ElementsAre("r: 2025-12-31"));
  // What will not be otherwise in ten minutes is told at once.
  failure_ = Error{Code::kResourceExhausted, "too many", "", ""};
  Set("2026-01-02T06:00:00Z");
  EXPECT_EQ(RunDue(), "2026-01-03T06:00");
  EXPECT_THAT(InboxOf(ada), ElementsAre("Usage report r failed", "r: 2025-12-31"));
}

TEST_P(ReportsTest, ADeliveryThatFailsIsTriedAgain) {
  Make({.hour = 6}, Hook());
  Set("2026-01-01T06:00:00Z");
  RunDue();
  transport_.failing = true;
  EXPECT_EQ(Delivered(), 0U);
  EXPECT_THAT(transport_.failed, SizeIs(1));
  transport_.failing = false;
  clock.Advance(1h);
  EXPECT_EQ(Delivered(), 1U);
  EXPECT_EQ(transport_.sent.at(0).id, transport_.failed.at(0).id);
  EXPECT_THAT(transport_.sent.at(0).body,
              HasSubstr(R"("rows":[{"recipient":"acme","reads":3,"files":0,"bytes_read":30)"));
  EXPECT_THAT(transport_.sent.at(0).body, HasSubstr("https://share.example.org/usage?tab=reports"));
}

TEST_P(ReportsTest, MessagesHaveTheFirstRowsAndTheFileHasAll) {
  table_.rows.clear();
  for (int i = 0; i < 1200; ++i) {
    table_.rows.push_back(
        {.recipient = "r" + std::to_string(i), .sum = {.reads = 1, .bytes = 1536}});
  }
  const Report report = Make({}, Hook());
  ASSERT_THAT(reports().RunNow(report.id), IsOk());
  EXPECT_EQ(Delivered(), 1U);
  const std::string& body = transport_.sent.at(0).body;
  EXPECT_THAT(body, HasSubstr("\"more_rows\":200"));
  EXPECT_THAT(body, HasSubstr("\"r999\""));
  EXPECT_THAT(body, ::testing::Not(HasSubstr("\"r1000\"")));
  const std::string kept = reports().ResultOfLastRun(report.id).value();
  const auto result = ParseResult(kept);
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(std::ranges::count(ResultCsv(*result), '\n'), 1201);
  EXPECT_THAT(ResultText(*result), HasSubstr("The first 50 rows; the attached file has 1200."));
  EXPECT_THAT(ResultText(*result), HasSubstr("\nr0: 1 reads, 1.5 KiB, 0 refused"));
  EXPECT_THAT(ResultHtml(*result), HasSubstr("<td>1.5 KiB</td>"));
  EXPECT_THAT(ResultCsv(*result), HasSubstr("1536"));
}

TEST_P(ReportsTest, CountsWhatItIsToldToByTheNameOfNow) {
  ReportChange wanted{.name = "r", .group_by = GroupBy{.table = true}};
  wanted.recipient = {Now()->FindByName(catalog::Kind::kRecipient, "acme")->id, "acme"};
  const Report report = reports().Create(ada, wanted).value();
  Alter(catalog::Kind::kRecipient, "acme", [](auto& recipient) { recipient.name = "renamed"; });
  ASSERT_THAT(reports().RunNow(report.id), IsOk());
  EXPECT_EQ(last_asked_.recipient, "renamed");
  EXPECT_EQ(last_asked_.owner, ada.principal);
  EXPECT_TRUE(last_asked_.group_by.share) << "a table is one of a share";
  Erase(catalog::Kind::kRecipient, "renamed");
  ASSERT_THAT(reports().RunNow(report.id), IsOk());
  EXPECT_EQ(last_asked_.recipient, "acme") << "as it was then: never all of them";
}

TEST(ReportResult, NoCellIsAFormulaAndNoNameIsMarkup) {
  Report report{.id = "1", .name = "r", .group_by = {.recipient = true}};
  UsageTable table{.rows = {{.recipient = "=cmd|' /C calc'!A0"}, {.recipient = "<script>,\""}},
                   .total = {}};
  const json::Object result = ResultOf(report, {0, 24}, table);
  const std::string csv = ResultCsv(result);
  EXPECT_THAT(csv, HasSubstr("\r\n\"'=cmd|' /C calc'!A0\",0,"));
  EXPECT_THAT(csv, HasSubstr("\r\n\"<script>,\"\"\",0,"));
  EXPECT_THAT(ResultHtml(result), ::testing::Not(HasSubstr("<script>")));
  EXPECT_EQ(ResultFileName(result), "usage-1970-01-01.csv");
}

}  // namespace
}  // namespace sluice::notify
