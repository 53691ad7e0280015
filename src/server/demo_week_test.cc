#include "server/demo_week.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/testing/matchers.h"

namespace sluice::server {
namespace {

using Kind = DemoAct::Kind;
using std::chrono::days;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::Pair;

// A Sunday, 04:30 UTC, and all hours of the day after.
const TimePoint kNow = FromUnixMillis(1'795'321'800'000);

std::string Line(const DemoAct& act) {
  return std::to_string(ToUnixMillis(act.time)) + act.who + act.address + act.method + act.target +
         act.body + std::to_string(act.status);
}

std::vector<DemoAct> Reads(const std::vector<DemoAct>& acts, const std::string& who) {
  std::vector<DemoAct> reads;
  std::ranges::copy_if(acts, std::back_inserter(reads), [&](const DemoAct& act) {
    return act.kind == Kind::kRead && act.who == who && act.method == "POST";
  });
  return reads;
}

TEST(DemoWeek, IsTheSameEachTime) {
  const auto once = PlanDemoWeek(kNow);
  const auto again = PlanDemoWeek(kNow);
  EXPECT_TRUE(std::ranges::equal(once, again, {}, Line, Line));
}

TEST(DemoWeek, LiesInOrderWithinAWeek) {
  for (int hour = 0; hour < 24; ++hour) {
    const TimePoint now = kNow + hours(hour);
    const auto acts = PlanDemoWeek(now);
    ASSERT_FALSE(acts.empty());
    EXPECT_TRUE(std::ranges::is_sorted(acts, {}, &DemoAct::time));
    EXPECT_GE(acts.front().time, now - days(8) - hours(3));
    EXPECT_LE(acts.back().time, now);
    const auto reads = std::ranges::count(acts, Kind::kRead, &DemoAct::kind);
    EXPECT_GE(reads, 1500) << hour;
    EXPECT_LE(reads, 4000) << hour;
  }
}

TEST(DemoWeek, NobodyReadsBeforeItMay) {
  std::map<std::string, TimePoint> opened;
  std::set<std::string> made;
  for (const DemoAct& act : PlanDemoWeek(kNow)) {
    if (act.kind == Kind::kActivate) opened.emplace(act.who, act.time);
    if (act.kind == Kind::kNewVersion) made.insert(act.target);
    if (act.kind != Kind::kRead || act.token == DemoAct::Token::kMadeUp) continue;
    ASSERT_TRUE(opened.contains(act.who)) << act.who;
    for (const char* live : {"stock", "deliveries"}) {
      if (act.target.find(std::string("tables/") + live) != std::string::npos &&
          act.status == 200) {
        EXPECT_TRUE(made.contains(live)) << act.target;
      }
    }
  }
  EXPECT_EQ(opened.size(), 6U);
  EXPECT_FALSE(opened.contains("ironbark-foods"));
}

// What usage calls unusual: five times the median of at least seven days (unity/usage_findings.h),
// whenever the demo is started.
TEST(DemoWeek, EndsWithABurst) {
  for (int hour = 0; hour < 24; ++hour) {
    const TimePoint now = kNow + hours(hour);
    std::map<int64_t, int> by_day;
    for (const DemoAct& act : Reads(PlanDemoWeek(now), "quayside-logistics")) {
      ++by_day[(now - act.time) / days(1)];
    }
    const int today = by_day[0];
    std::vector<int> before;
    for (const auto& [ago, count] : by_day) {
      if (ago > 0) before.push_back(count);
    }
    std::ranges::sort(before);
    ASSERT_GE(before.size(), 7U) << hour;
    EXPECT_GE(today, 5 * before[before.size() / 2]) << hour;
  }
}

TEST(DemoWeek, AnalystsRestOnWeekends) {
  std::map<bool, int> of_weekend;
  for (const DemoAct& act : Reads(PlanDemoWeek(kNow), "maple-street-media")) {
    const std::chrono::weekday day(std::chrono::floor<days>(act.time));
    if (act.token == DemoAct::Token::kOwn) {
      ++of_weekend[day == std::chrono::Saturday || day == std::chrono::Sunday];
    }
  }
  EXPECT_EQ(of_weekend[true], 0);
  EXPECT_GE(of_weekend[false], 50);
}

TEST(DemoWeek, SomeAreRefused) {
  std::map<int, int> by_status;
  for (const DemoAct& act : PlanDemoWeek(kNow)) {
    if (act.kind == Kind::kRead && act.status != 200) ++by_status[act.status];
  }
  EXPECT_THAT(by_status, ElementsAre(Pair(401, ::testing::Gt(5)), Pair(403, ::testing::Gt(0)),
                                     Pair(404, ::testing::Gt(50))));
}

}  // namespace
}  // namespace sluice::server
