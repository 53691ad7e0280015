#include "sharing/async_queries.h"

#include <fmt/format.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <latch>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/testing/manual_clock.h"
#include "base/testing/matchers.h"

namespace sluice::sharing {
namespace {

using ::sluice::testing::IsError;
using ::sluice::testing::IsOk;
using std::chrono::minutes;
using ::testing::ElementsAre;
using SnapshotPtr = AsyncQueries::SnapshotPtr;

class FakeSnapshot final : public delta::Snapshot {
 public:
  explicit FakeSnapshot(delta::Version version, ByteCount memory = {1}) : memory_(memory) {
    version_ = version;
    metadata_.id = "id of /location";
  }
  ByteCount memory() const override { return memory_; }
  delta::FileCursor Files(const std::optional<delta::FileKey>& /*after*/,
                          delta::DataSkipping* /*skipping*/) const override {
    std::abort();
  }
  Result<std::shared_ptr<const Snapshot>> Only(
      const delta::PartitionTerms& /*terms*/) const override {
    std::abort();
  }

 private:
  const ByteCount memory_;
};

class AsyncQueriesTest : public ::testing::Test {
 protected:
  AsyncQueriesTest() { Make({}); }

  void Make(AsyncLimits limits) {
    queries_ = std::make_unique<AsyncQueries>(
        [this](const std::string& /*location*/, delta::Version version) { return Load(version); },
        clock_, metrics_, limits,
        [this](const AsyncQueries::Asker& asker, const Error& error) {
          const std::lock_guard lock(mutex_);
          told_.push_back(asker.principal + " " + asker.table + ": " + error.message);
        });
  }

  Result<SnapshotPtr> Load(delta::Version version) {
    ++loads_;
    const int running = ++running_;
    int most = most_running_.load();
    while (most < running && !most_running_.compare_exchange_weak(most, running)) {
    }
    if (on_load_) on_load_(version);
    --running_;
    const std::lock_guard lock(mutex_);
    if (errors_.empty()) return std::make_shared<const FakeSnapshot>(version, memory_);
    const Error error = errors_.front();
    errors_.pop_front();
    return std::unexpected(error);
  }
  void FailNext(Code code, int times = 1) {
    const std::lock_guard lock(mutex_);
    for (int i = 0; i < times; ++i) errors_.push_back({code, "told", "detail", {}});
  }

  // A query of `version`, by who asks and under which key.
  static AsyncQueries::Query QueryOf(delta::Version version, std::string principal = "p",
                                     std::string key = {}) {
    if (key.empty()) key = fmt::format("key of {}", version);
    const std::string id = fmt::format("id of {} for {} under {}", version, principal, key);
    return {{std::move(principal), "table", std::move(key)},
            fmt::format("asks {}", version),
            id,
            "/location",
            version};
  }
  Result<AsyncQueries::Given> Submit(const AsyncQueries::Query& query) {
    return queries_->Submit(query, minutes(60));
  }
  // Polls until the run has ended.
  Result<AsyncQueries::State> Await(const AsyncQueries::Query& query) {
    while (true) {
      Result<AsyncQueries::State> state = queries_->Poll(query);
      if (!state || state->snapshot != nullptr || state->failure) return state;
      std::this_thread::yield();
    }
  }
  bool IsPending(const AsyncQueries::Query& query) {
    const auto state = queries_->Poll(query);
    return state.has_value() && state->snapshot == nullptr && !state->failure;
  }
  std::string Metric(std::string_view name) {
    const std::string text = metrics_.Render();
    const size_t place = text.find(fmt::format("\n{} ", name));
    if (place == std::string::npos) return "none";
    const size_t begin = place + name.size() + 2;
    return text.substr(begin, text.find('\n', begin) - begin);
  }

  sluice::testing::ManualClock clock_{FromUnixMillis(1'700'000'000'000)};
  Metrics metrics_;
  std::function<void(delta::Version)> on_load_;
  std::atomic<int> loads_ = 0;
  std::atomic<int> running_ = 0;
  std::atomic<int> most_running_ = 0;
  ByteCount memory_{1};
  std::mutex mutex_;
  std::deque<Error> errors_;
  std::vector<std::string> told_;
  std::unique_ptr<AsyncQueries> queries_;  // goes first: its threads use the others
};

TEST_F(AsyncQueriesTest, EqualQueriesHaveOneIdAndOneRun) {
  std::latch go(8);
  std::mutex mutex;
  std::set<std::string> ids;
  std::vector<std::thread> clients;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      AsyncQueries::Query query = QueryOf(7);
      query.id = fmt::format("id of client {}", i);
      go.arrive_and_wait();
      const std::string id = Submit(query).value().id;
      const auto state = Await(query);
      EXPECT_TRUE(state.has_value());
      const std::lock_guard lock(mutex);
      ids.insert(id);
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(ids.size(), 1U);
  EXPECT_EQ(Metric("sluice_async_queries_total"), "1");
  EXPECT_EQ(Metric("sluice_async_queries_waiting"), "0");
}

TEST_F(AsyncQueriesTest, AVersionIsBroughtIntoMemoryOnceForAllWhoWait) {
  std::latch begun(1);
  std::latch go(1);
  on_load_ = [&](delta::Version) {
    begun.count_down();
    go.wait();
  };
  for (const char* principal : {"a", "b", "c"}) {
    EXPECT_THAT(Submit(QueryOf(7, principal)), IsOk());
    EXPECT_TRUE(IsPending(QueryOf(7, principal)));
  }
  begun.wait();
  EXPECT_TRUE(IsPending(QueryOf(7, "a")));
  EXPECT_EQ(Metric("sluice_async_queries_waiting"), "3");
  go.count_down();
  const auto first = Await(QueryOf(7, "a")).value();
  ASSERT_NE(first.snapshot, nullptr);
  EXPECT_EQ(first.snapshot->version(), 7);
  EXPECT_EQ(Await(QueryOf(7, "b")).value().snapshot, first.snapshot);
  EXPECT_EQ(Await(QueryOf(7, "c")).value().snapshot, first.snapshot);
  EXPECT_EQ(loads_, 1);
  // Nor for one that comes later, while somebody keeps it.
  EXPECT_EQ(Submit(QueryOf(7, "d")).value().version, 7);
  EXPECT_EQ(queries_->Poll(QueryOf(7, "d")).value().snapshot, first.snapshot);
  EXPECT_EQ(loads_, 1);
}

TEST_F(AsyncQueriesTest, AKeyIsForOneQueryUntilItIsForgotten) {
  ASSERT_THAT(Submit(QueryOf(1, "p", "k")), IsOk());
  const AsyncQueries::Query same = QueryOf(1, "p", "k");
  const AsyncQueries::Query other = QueryOf(2, "p", "k");
  EXPECT_EQ(queries_->Find(same.asker, same.request).value()->id, same.id);
  EXPECT_THAT(queries_->Find(other.asker, other.request), IsError(Code::kInvalidArgument));
  EXPECT_THAT(Submit(other), IsError(Code::kInvalidArgument, "choose a new one"));
  // The key is the principal's and the table's own.
  EXPECT_THAT(Submit(QueryOf(2, "q", "k")), IsOk());
  AsyncQueries::Query elsewhere = other;
  elsewhere.asker.table = "another";
  EXPECT_THAT(Submit(elsewhere), IsOk());

  clock_.Advance(minutes(60));
  EXPECT_EQ(queries_->Find(same.asker, same.request).value()->id, same.id);
  clock_.Advance(Millis(1));
  EXPECT_FALSE(queries_->Find(same.asker, same.request).value().has_value());
  EXPECT_EQ(Submit(other).value().id, other.id);
}

TEST_F(AsyncQueriesTest, AQueryIsOfTheTableThatWasSeenFirst) {
  ASSERT_THAT(Submit(QueryOf(1)), IsOk());
  EXPECT_NE(Await(QueryOf(1)).value().snapshot, nullptr);
  EXPECT_TRUE(queries_->IsOf(QueryOf(1), "id of /location"));
  EXPECT_FALSE(queries_->IsOf(QueryOf(1), "another"));
  EXPECT_TRUE(queries_->IsOf(QueryOf(1), "id of /location"));
  // Asked by nobody that is known, as after a restart.
  EXPECT_TRUE(queries_->IsOf(QueryOf(1, "q"), "another"));
  EXPECT_TRUE(queries_->IsOf(QueryOf(1, "q"), "yet another"));
}

TEST_F(AsyncQueriesTest, AResultIsKeptUntilItIsFetched) {
  ASSERT_THAT(Submit(QueryOf(1)), IsOk());
  std::weak_ptr<const delta::Snapshot> weak = Await(QueryOf(1)).value().snapshot;
  EXPECT_TRUE(weak.expired());  // nobody else keeps it
  EXPECT_TRUE(IsPending(QueryOf(1)));
  const SnapshotPtr kept = Await(QueryOf(1)).value().snapshot;
  EXPECT_EQ(loads_, 2);
  clock_.Advance(minutes(60));  // as long as it is in memory, it is there
  EXPECT_EQ(queries_->Poll(QueryOf(1)).value().snapshot, kept);
  EXPECT_EQ(loads_, 2);
}

TEST_F(AsyncQueriesTest, AResultThatNobodyFetchesGoesAfterTenMinutes) {
  ASSERT_THAT(Submit(QueryOf(1)), IsOk());
  while (Metric("sluice_async_queries_waiting") != "0") std::this_thread::yield();
  clock_.Advance(minutes(10));
  EXPECT_THAT(Submit(QueryOf(2)), IsOk());
  EXPECT_FALSE(IsPending(QueryOf(1)));
  // Fetched; once more, and now nobody comes.
  EXPECT_TRUE(IsPending(QueryOf(1)));
  while (Metric("sluice_async_queries_waiting") != "0") std::this_thread::yield();
  clock_.Advance(minutes(10) + Millis(1));
  EXPECT_THAT(Submit(QueryOf(3)), IsOk());
  EXPECT_TRUE(IsPending(QueryOf(1)));
}

TEST_F(AsyncQueriesTest, ResultsTogetherHaveALimitButTheNewestStays) {
  AsyncLimits limits;
  limits.results = {25};
  Make(limits);
  memory_ = {10};
  for (const delta::Version version : {1, 2, 3}) {
    ASSERT_THAT(Submit(QueryOf(version)), IsOk());
    while (Metric("sluice_async_queries_waiting") != "0") std::this_thread::yield();
    clock_.Advance(Millis(1));
  }
  EXPECT_FALSE(IsPending(QueryOf(2)));
  EXPECT_FALSE(IsPending(QueryOf(3)));
  EXPECT_TRUE(IsPending(QueryOf(1)));
  EXPECT_EQ(Await(QueryOf(1)).value().snapshot->version(), 1);
  memory_ = {100};
  ASSERT_THAT(Submit(QueryOf(4)), IsOk());
  EXPECT_EQ(Await(QueryOf(4)).value().snapshot->version(), 4);
}

TEST_F(AsyncQueriesTest, ALastingFailureIsToldToAll) {
  FailNext(Code::kCorrupt);
  ASSERT_THAT(Submit(QueryOf(1, "a")), IsOk());
  for (const char* principal : {"a", "a", "b"}) {
    const auto state = Await(QueryOf(1, principal)).value();
    ASSERT_TRUE(state.failure.has_value());
    EXPECT_EQ(state.failure->code, Code::kCorrupt);
    EXPECT_EQ(state.failure->message, "told");
  }
  EXPECT_EQ(loads_, 1);
  // A new query looks anew.
  ASSERT_THAT(Submit(QueryOf(1, "c")), IsOk());
  EXPECT_NE(Await(QueryOf(1, "c")).value().snapshot, nullptr);
  EXPECT_EQ(loads_, 2);
}

TEST_F(AsyncQueriesTest, WhoseQueriesFailedForGoodIsPassedOn) {
  std::latch both_wait(1);
  on_load_ = [&](delta::Version) { both_wait.wait(); };
  FailNext(Code::kCorrupt);
  FailNext(Code::kUnavailable);  // passes
  ASSERT_THAT(Submit(QueryOf(1, "a")), IsOk());
  ASSERT_THAT(Submit(QueryOf(1, "b")), IsOk());
  both_wait.count_down();
  EXPECT_TRUE(Await(QueryOf(1, "a")).value().failure.has_value());
  ASSERT_THAT(Submit(QueryOf(2, "c")), IsOk());
  EXPECT_NE(Await(QueryOf(2, "c")).value().snapshot, nullptr);
  queries_.reset();  // waits for what still runs
  EXPECT_THAT(told_, ElementsAre("a table: told", "b table: told"));
}

TEST_F(AsyncQueriesTest, ALastingFailureIsForgottenAfterTenMinutes) {
  FailNext(Code::kCorrupt);
  ASSERT_THAT(Submit(QueryOf(1)), IsOk());
  EXPECT_TRUE(Await(QueryOf(1)).value().failure.has_value());
  clock_.Advance(minutes(10) + Millis(1));
  EXPECT_TRUE(IsPending(QueryOf(1)));
  EXPECT_NE(Await(QueryOf(1)).value().snapshot, nullptr);
}

TEST_F(AsyncQueriesTest, APassingFaultIsTriedAgainByPolls) {
  FailNext(Code::kUnavailable, 2);
  ASSERT_THAT(Submit(QueryOf(1)), IsOk());
  EXPECT_NE(Await(QueryOf(1)).value().snapshot, nullptr);
  EXPECT_EQ(loads_, 3);
  EXPECT_EQ(Metric("sluice_async_query_runs_total{result=\"fault\"}"), "2");
  EXPECT_EQ(Metric("sluice_async_query_runs_total{result=\"loaded\"}"), "1");
}

TEST_F(AsyncQueriesTest, AFaultThatDoesNotPassIsToldButNotForEver) {
  FailNext(Code::kUnavailable, 3);
  ASSERT_THAT(Submit(QueryOf(1)), IsOk());
  EXPECT_THAT(Await(QueryOf(1)), IsError(Code::kUnavailable, "told"));
  EXPECT_EQ(loads_, 3);
  EXPECT_NE(Await(QueryOf(1)).value().snapshot, nullptr);
}

TEST_F(AsyncQueriesTest, WhatIsThrownIsAFailureOfItsQueryAlone) {
  on_load_ = [](delta::Version version) {
    if (version == 1) throw std::runtime_error("thrown");
  };
  ASSERT_THAT(Submit(QueryOf(1)), IsOk());
  const auto state = Await(QueryOf(1)).value();
  ASSERT_TRUE(state.failure.has_value());
  EXPECT_EQ(state.failure->code, Code::kInternal);
  EXPECT_EQ(state.failure->message.find("thrown"), std::string::npos);
  ASSERT_THAT(Submit(QueryOf(2)), IsOk());
  EXPECT_NE(Await(QueryOf(2)).value().snapshot, nullptr);
}

TEST_F(AsyncQueriesTest, OneRecipientWaitsWithSoManyQueries) {
  AsyncLimits limits;
  limits.per_recipient = 2;
  limits.unfinished = 3;
  Make(limits);
  std::latch go(1);
  on_load_ = [&](delta::Version) { go.wait(); };
  ASSERT_THAT(Submit(QueryOf(1)), IsOk());
  ASSERT_THAT(Submit(QueryOf(2)), IsOk());
  const auto too_many = IsError(Code::kResourceExhausted, "there may be 2 at a time");
  EXPECT_THAT(Submit(QueryOf(3)), too_many);
  EXPECT_THAT(queries_->Find(QueryOf(3).asker, QueryOf(3).request), too_many);
  // Neither does a run that others wait for take one more of them, nor a poll that would begin one.
  EXPECT_THAT(Submit(QueryOf(1, "p", "another key")), too_many);
  EXPECT_THAT(queries_->Poll(QueryOf(3)), too_many);
  // What is known already is answered.
  EXPECT_EQ(Submit(QueryOf(1)).value().id, QueryOf(1).id);
  EXPECT_TRUE(IsPending(QueryOf(2)));
  // Others have a limit of their own, and there is one for all.
  EXPECT_THAT(Submit(QueryOf(3, "q")), IsOk());
  EXPECT_THAT(Submit(QueryOf(3, "r")), IsError(Code::kResourceExhausted, "try again later"));
  go.count_down();
  EXPECT_NE(Await(QueryOf(1)).value().snapshot, nullptr);
  EXPECT_NE(Await(QueryOf(2)).value().snapshot, nullptr);
  EXPECT_THAT(Submit(QueryOf(3)), IsOk());
}

TEST_F(AsyncQueriesTest, SoManyLoadsRunAtATime) {
  AsyncLimits limits;
  limits.threads = 2;
  Make(limits);
  std::latch both(2);
  on_load_ = [&](delta::Version version) {
    if (version <= 2) both.arrive_and_wait();
  };
  for (delta::Version version = 1; version <= 6; ++version) {
    ASSERT_THAT(Submit(QueryOf(version)), IsOk());
  }
  for (delta::Version version = 1; version <= 6; ++version) {
    EXPECT_NE(Await(QueryOf(version)).value().snapshot, nullptr);
  }
  EXPECT_EQ(most_running_, 2);
}

TEST_F(AsyncQueriesTest, KeysAndVersionsThatAreRememberedHaveALimit) {
  AsyncLimits limits;
  limits.remembered = 2;
  Make(limits);
  for (delta::Version version = 1; version <= 4; ++version) {
    ASSERT_THAT(Submit(QueryOf(version)), IsOk());
    EXPECT_NE(Await(QueryOf(version)).value().snapshot, nullptr);
    clock_.Advance(Millis(1));
  }
  const auto known = [&](delta::Version version) {
    return queries_->Find(QueryOf(version).asker, QueryOf(version).request).value().has_value();
  };
  EXPECT_FALSE(known(1) || known(2));
  EXPECT_TRUE(known(3) && known(4));
}

TEST_F(AsyncQueriesTest, TheEndWaitsForTheLoadThatRuns) {
  AsyncLimits limits;
  limits.threads = 1;
  Make(limits);
  std::latch begun(1);
  std::latch go(1);
  std::atomic<bool> ended = false;
  on_load_ = [&](delta::Version) {
    begun.count_down();
    go.wait();
    ended = true;
  };
  ASSERT_THAT(Submit(QueryOf(1)), IsOk());
  ASSERT_THAT(Submit(QueryOf(2)), IsOk());
  begun.wait();
  std::thread releaser([&] { go.count_down(); });
  queries_.reset();
  EXPECT_TRUE(ended);
  EXPECT_EQ(running_, 0);
  releaser.join();
}

}  // namespace
}  // namespace sluice::sharing
