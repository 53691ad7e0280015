#include "audit/denial_watch.h"

#include "audit/testing/events.h"
#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::audit {
namespace {

using namespace std::chrono_literals;
using testing::DenialEvent;

class DenialWatchTest : public ::testing::Test {
 protected:
  // How many of `count` refusals, `apart`, gave an alert.
  int Deny(const std::string& recipient, int count, Millis apart = 0ms, int status = 404) {
    int alerts = 0;
    for (int i = 0; i < count; ++i) {
      clock_.Advance(apart);
      if (watch_.Note(DenialEvent(recipient, status, clock_.Now()))) ++alerts;
    }
    return alerts;
  }

  sluice::testing::ManualClock clock_{FromUnixMillis(1'735'787'045'123)};
  DenialWatch watch_{{.recipients = 3}, clock_};
};

TEST_F(DenialWatchTest, TellsOfMoreThanFifteenWithinTheHour) {
  EXPECT_EQ(Deny("acme", 15), 0);
  const auto alert = watch_.Note(DenialEvent("acme", 403, clock_.Now()));
  ASSERT_TRUE(alert.has_value());
  EXPECT_EQ(alert->action, "deltaSharingDeniedAccessAlert");
  EXPECT_EQ(alert->recipient, "acme");
  EXPECT_EQ(alert->params[1], (std::pair<std::string, std::string>("denied_requests", "16")));
}

TEST_F(DenialWatchTest, TellsOnceInAWindow) {
  EXPECT_EQ(Deny("acme", 500, 1s), 1);
  clock_.Advance(30min);
  EXPECT_EQ(Deny("acme", 100), 0);
  clock_.Advance(30min);
  EXPECT_EQ(Deny("acme", 100), 1);
}

TEST_F(DenialWatchTest, LetsAFewAHourPass) {
  EXPECT_EQ(Deny("acme", 1000, 4min), 0);  // the sixteenth after an hour
  EXPECT_EQ(Deny("acme", 16, 239s), 1);
}

TEST_F(DenialWatchTest, CountsRefusalsOnly) {
  EXPECT_EQ(Deny("acme", 100, 0ms, 200), 0);
  EXPECT_EQ(Deny("acme", 100, 0ms, 500), 0);
  EXPECT_EQ(Deny("acme", 100, 0ms, 429), 0);
  EXPECT_EQ(Deny("", 100, 0ms, 401), 0);
  EXPECT_EQ(Deny("acme", 16, 0ms, 401), 1);
}

TEST_F(DenialWatchTest, CountsEachRecipientAlone) {
  EXPECT_EQ(Deny("a", 10) + Deny("b", 10), 0);
  EXPECT_EQ(Deny("a", 6), 1);
  EXPECT_EQ(Deny("b", 6), 1);
}

TEST_F(DenialWatchTest, ForgetsWhoWasRefusedTheLongestTimeAgo) {
  EXPECT_EQ(Deny("a", 15) + Deny("b", 15) + Deny("c", 15), 0);
  EXPECT_EQ(Deny("a", 1), 1);  // and is the newest now
  EXPECT_EQ(Deny("d", 1), 0);  // b goes
  EXPECT_EQ(Deny("c", 1), 1);
  EXPECT_EQ(Deny("b", 15), 0);
}

}  // namespace
}  // namespace sluice::audit
