#include "storage/s3/credentials.h"

#include <atomic>
#include <functional>
#include <latch>
#include <thread>
#include <vector>

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using sluice::testing::ManualClock;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Pointer = std::shared_ptr<const Credentials>;

const TimePoint kStart = FromUnixMillis(1'700'000'000'000);

// Gives out "key 1", "key 2", ... that last for `lifetime`, or fails.
struct FakeVault {
  explicit FakeVault(ManualClock& time) : clock(time) {}
  ManualClock& clock;
  std::atomic<int> asked = 0;
  std::atomic<int> at_work = 0;
  std::atomic<bool> fails = false;
  std::atomic<bool> same = false;
  std::optional<Millis> lifetime = hours(1);
  std::function<void(int)> before_answer = [](int) {};
};

class FakeSource final : public CredentialSource {
 public:
  explicit FakeSource(FakeVault& vault) : vault_(vault) {}
  std::string name() const override { return "vault"; }
  Result<Credentials> Fetch() override {
    EXPECT_EQ(++vault_.at_work, 1) << "two callers fetch at a time";
    const int number = ++vault_.asked;
    vault_.before_answer(number);
    --vault_.at_work;
    if (vault_.fails) return Fail(Code::kUnavailable, "the vault is closed");
    Credentials credentials;
    credentials.access_key_id = vault_.same ? "key" : "key " + std::to_string(number);
    credentials.secret_access_key = "secret";
    if (vault_.lifetime) credentials.expires = vault_.clock.Now() + *vault_.lifetime;
    return credentials;
  }

 private:
  FakeVault& vault_;
};

class CredentialCacheTest : public ::testing::Test {
 protected:
  Pointer Current() {
    const Result<Pointer> current = cache_.Current();
    EXPECT_THAT(current, IsOk());
    return current.value_or(nullptr);
  }
  std::string Key() {
    const Pointer current = Current();
    return current == nullptr ? "" : current->access_key_id;
  }

  ManualClock clock_{kStart};
  FakeVault vault_{clock_};
  CredentialCache cache_{std::make_unique<FakeSource>(vault_), clock_};
};

TEST_F(CredentialCacheTest, AsksNobodyBeforeTheFirstUse) {
  EXPECT_EQ(vault_.asked, 0);
  EXPECT_EQ(Key(), "key 1");
}

TEST_F(CredentialCacheTest, KeepsWhatLasts) {
  vault_.lifetime.reset();
  EXPECT_EQ(Key(), "key 1");
  clock_.Advance(hours(24 * 365));
  EXPECT_EQ(Key(), "key 1");
  EXPECT_EQ(vault_.asked, 1);
}

TEST_F(CredentialCacheTest, RenewsFromFiveMinutesBeforeTheEnd) {
  EXPECT_EQ(Key(), "key 1");
  clock_.Advance(minutes(55) - Millis(1));
  EXPECT_EQ(Key(), "key 1");
  clock_.Advance(Millis(1));
  EXPECT_EQ(Key(), "key 2");
  EXPECT_EQ(Key(), "key 2");
}

TEST_F(CredentialCacheTest, OneRenewsWhileOthersGoOn) {
  EXPECT_EQ(Key(), "key 1");
  std::latch begun(1);
  std::latch go_on(1);
  vault_.before_answer = [&](int) {
    begun.count_down();
    go_on.wait();
  };
  clock_.Advance(minutes(58));
  std::jthread renewing([&] { EXPECT_EQ(Key(), "key 2"); });
  begun.wait();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Key(), "key 1");
  go_on.count_down();
  renewing.join();
  EXPECT_EQ(Key(), "key 2");
  EXPECT_EQ(vault_.asked, 2);
}

TEST_F(CredentialCacheTest, AllWaitForOneWhenNothingIsLeft) {
  constexpr int kThreads = 8;
  std::atomic<int> arrived = 0;
  vault_.before_answer = [&](int) {
    while (arrived < kThreads) std::this_thread::yield();
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        ++arrived;
        EXPECT_EQ(Key(), "key 1");
      });
    }
  }
  EXPECT_EQ(vault_.asked, 1);
}

TEST_F(CredentialCacheTest, CallersWaitInTheLastMinute) {
  EXPECT_EQ(Key(), "key 1");
  std::latch begun(1);
  std::latch go_on(1);
  vault_.before_answer = [&](int) {
    begun.count_down();
    go_on.wait();
  };
  clock_.Advance(minutes(59));
  std::jthread renewing([&] { EXPECT_EQ(Key(), "key 2"); });
  begun.wait();
  std::jthread waiting([&] { EXPECT_EQ(Key(), "key 2"); });
  go_on.count_down();
}

TEST_F(CredentialCacheTest, RemembersAFailureForASecond) {
  vault_.fails = true;
  EXPECT_THAT(cache_.Current(), IsError(Code::kUnavailable, "the vault is closed"));
  vault_.fails = false;
  clock_.Advance(Millis(999));
  EXPECT_THAT(cache_.Current(), IsError(Code::kUnavailable));
  EXPECT_EQ(vault_.asked, 1);
  clock_.Advance(Millis(1));
  EXPECT_EQ(Key(), "key 2");
}

TEST_F(CredentialCacheTest, AClockThatIsSetBackEndsNoWaitLate) {
  vault_.fails = true;
  EXPECT_THAT(cache_.Current(), IsError(Code::kUnavailable));
  vault_.fails = false;
  clock_.Advance(-hours(3));
  EXPECT_EQ(Key(), "key 2");
}

TEST_F(CredentialCacheTest, TheOldOnesServeWhileTheSourceFails) {
  EXPECT_EQ(Key(), "key 1");
  vault_.fails = true;
  clock_.Advance(minutes(56));
  EXPECT_EQ(Key(), "key 1");
  EXPECT_EQ(vault_.asked, 2);
  clock_.Advance(seconds(9));
  EXPECT_EQ(Key(), "key 1");
  EXPECT_EQ(vault_.asked, 2) << "a source in trouble is asked again too soon";
  clock_.Advance(seconds(1));
  EXPECT_EQ(Key(), "key 1");
  EXPECT_EQ(vault_.asked, 3);

  clock_.Advance(minutes(3));  // the last minute: they still serve, but it is pressing
  EXPECT_EQ(Key(), "key 1");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Key(), "key 1");
  EXPECT_EQ(vault_.asked, 5);
  clock_.Advance(minutes(1));
  EXPECT_THAT(cache_.Current(), IsError(Code::kUnavailable));
  vault_.fails = false;
  clock_.Advance(seconds(1));
  EXPECT_EQ(Key(), "key 7");
}

TEST_F(CredentialCacheTest, WhatHasEndedIsNotHandedOut) {
  vault_.lifetime = -seconds(1);
  const Result<Pointer> current = cache_.Current();
  ASSERT_THAT(current, IsError(Code::kUnavailable));
  EXPECT_EQ(current.error().detail.find("secret"), std::string::npos);
}

TEST_F(CredentialCacheTest, AShortLifeIsNotAskedForAtEachCall) {
  vault_.lifetime = minutes(2);
  EXPECT_EQ(Key(), "key 1");
  EXPECT_EQ(Key(), "key 1");
  clock_.Advance(seconds(10));
  EXPECT_EQ(Key(), "key 2");
  vault_.lifetime = seconds(3);
  clock_.Advance(seconds(10));
  EXPECT_EQ(Key(), "key 3");
  clock_.Advance(seconds(2));
  EXPECT_EQ(Key(), "key 3");
  clock_.Advance(seconds(1));
  EXPECT_EQ(Key(), "key 4");
}

TEST_F(CredentialCacheTest, RefusedOnesAreReplaced) {
  const Pointer first = Current();
  clock_.Advance(seconds(10));
  EXPECT_TRUE(cache_.Refused(first));
  EXPECT_TRUE(cache_.Refused(first)) << "somebody else was refused as well";
  EXPECT_EQ(Key(), "key 2");
  EXPECT_TRUE(cache_.Refused(first)) << "there are newer ones to try";
  EXPECT_EQ(Key(), "key 2");
  EXPECT_EQ(vault_.asked, 2);
}

TEST_F(CredentialCacheTest, FreshOnesThatAreRefusedAreNotAskedForAgain) {
  const Pointer first = Current();
  EXPECT_FALSE(cache_.Refused(first));
  clock_.Advance(seconds(9));
  EXPECT_FALSE(cache_.Refused(first));
  EXPECT_EQ(Key(), "key 1");
  EXPECT_EQ(vault_.asked, 1);
}

TEST_F(CredentialCacheTest, RefusedOnesDoNotServeWhenTheSourceFails) {
  const Pointer first = Current();
  clock_.Advance(minutes(1));
  EXPECT_TRUE(cache_.Refused(first));
  vault_.fails = true;
  EXPECT_THAT(cache_.Current(), IsError(Code::kUnavailable));
  vault_.fails = false;
  clock_.Advance(seconds(1));
  EXPECT_EQ(Key(), "key 3");
}

TEST_F(CredentialCacheTest, TheSameOnesAgainAreNotWorthATry) {
  vault_.same = true;
  vault_.lifetime.reset();
  const Pointer first = Current();
  clock_.Advance(minutes(1));
  EXPECT_TRUE(cache_.Refused(first));
  EXPECT_EQ(Current(), first);
  EXPECT_EQ(vault_.asked, 2);
  EXPECT_FALSE(cache_.Refused(first));
}

TEST_F(CredentialCacheTest, ManyThreadsInAllStates) {
  constexpr int kThreads = 8;
  constexpr int kRounds = 400;
  vault_.before_answer = [&](int number) { vault_.fails = number % 5 == 0; };
  {
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int round = 0; round < kRounds; ++round) {
          if (thread == 0) clock_.Advance(seconds(20));
          const Result<Pointer> current = cache_.Current();
          if (!current) continue;
          EXPECT_EQ((*current)->secret_access_key, "secret");
          if (round % 7 == thread % 7) cache_.Refused(*current);
        }
      });
    }
  }
  EXPECT_GT(vault_.asked, 2);
}

TEST(Credentials, AreAnonymousWithoutAKeyId) {
  EXPECT_TRUE(Credentials().anonymous());
  Credentials credentials;
  credentials.access_key_id = "AKID";
  EXPECT_FALSE(credentials.anonymous());
}

}  // namespace
}  // namespace sluice::storage
