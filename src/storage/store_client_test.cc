#include "storage/store_client.h"

#include <atomic>
#include <cstring>
#include <deque>
#include <vector>

#include "base/testing/matchers.h"

namespace sluice::storage {
namespace {

using sluice::testing::IsError;
using sluice::testing::IsOk;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Result<net::ClientResponse> Answer(int status, std::string body = {}, std::string wait = {}) {
  net::ClientResponse response;
  response.status = status;
  response.body = std::move(body);
  if (!wait.empty()) response.headers.Add("Retry-After", std::move(wait));
  return response;
}

Result<net::ClientResponse> NetFailure(std::string_view reason = net::kNetCut) {
  return Fail(Code::kUnavailable, "the other server does not answer", "connection reset", reason);
}

// The numbers of a list, then ones.
class ListedNumbers final : public Random {
 public:
  explicit ListedNumbers(std::deque<uint64_t> numbers = {}) : numbers_(std::move(numbers)) {}
  void Fill(std::span<unsigned char> out) override {
    uint64_t number = 1;
    if (!numbers_.empty()) {
      number = numbers_.front();
      numbers_.pop_front();
    }
    ASSERT_EQ(out.size(), sizeof number);
    std::memcpy(out.data(), &number, sizeof number);
  }

 private:
  std::deque<uint64_t> numbers_;
};

// A store out of a script, in a time of its own.
class StoreClientTest : public ::testing::Test {
 protected:
  StoreClientTest() {
    limits_.first_backoff = Millis(100);
    limits_.breaker_failures = 1000;
  }

  StoreClient& client() {
    if (client_ != nullptr) return *client_;
    StoreGround ground;
    ground.now = [this] { return StoreGround::Instant(Millis(now_ms_.load())); };
    ground.sleep = [this](Millis time) {
      slept_.push_back(time.count());
      now_ms_ += time.count();
    };
    ground.send = [this](const net::ClientRequest& request, ByteCount limit) {
      timeouts_.push_back(request.timeout.count());
      limit_seen_ = limit;
      now_ms_ += attempt_ms_;
      if (script_.empty()) return Answer(200, "good");
      auto next = script_.front();
      if (script_.size() > 1 || !repeat_last_) script_.pop_front();
      return next;
    };
    client_ = std::make_unique<StoreClient>("lake", std::move(ground), limits_, random_, metrics_);
    return *client_;
  }

  static Verdict Judge(const net::ClientResponse& response) {
    if (response.status == 503 || response.body == "broken") return Verdict::kRetry;
    if (response.status == 429) return Verdict::kThrottled;
    if (response.status == 401) return Verdict::kAgain;
    return Verdict::kFinal;
  }
  Result<net::ClientResponse> Run(std::string_view operation = "list", ByteCount limit = KiB(1)) {
    StoreCall call;
    call.operation = operation;
    call.limit = limit;
    call.prepare = [this]() -> Result<net::ClientRequest> {
      ++prepared_;
      now_ms_ += prepare_ms_;
      net::ClientRequest request;
      request.url = "http://127.0.0.1:1/";
      return request;
    };
    call.judge = &Judge;
    return client().Run(call);
  }
  int Status() {
    const auto answer = Run();
    return answer ? answer->status : -1;
  }
  // The value of a line of the metrics; empty: there is none.
  std::string Metric(const std::string& line) const {
    const std::string text = metrics_.Render();
    const size_t at = text.find(line + ' ');
    if (at == std::string::npos) return {};
    const size_t begin = at + line.size() + 1;
    return text.substr(begin, text.find('\n', at) - begin);
  }

  StoreLimits limits_;
  ListedNumbers random_;
  Metrics metrics_;
  std::deque<Result<net::ClientResponse>> script_;
  bool repeat_last_ = false;
  int64_t attempt_ms_ = 10;  // what an attempt takes
  int64_t prepare_ms_ = 0;
  std::atomic<int64_t> now_ms_{1'000'000};
  std::vector<int64_t> slept_;
  std::vector<int64_t> timeouts_;
  ByteCount limit_seen_;
  int prepared_ = 0;
  std::unique_ptr<StoreClient> client_;
};

TEST_F(StoreClientTest, AFinalAnswerIsTheCallers) {
  for (const int status : {200, 404, 403, 412, 301, 501}) {
    script_ = {};
    script_.push_back(Answer(status, "x"));
    const auto answer = Run();
    ASSERT_THAT(answer, IsOk());
    EXPECT_EQ(answer->status, status);
    EXPECT_EQ(answer->body, "x");
  }
  EXPECT_EQ(prepared_, 6);
  EXPECT_TRUE(slept_.empty());
  EXPECT_EQ(Metric("sluice_store_requests_total{operation=\"list\"}"), "6");
  EXPECT_EQ(Metric("sluice_store_retries_total{store=\"lake\"}"), "");
  EXPECT_THAT(metrics_.Render(), Not(HasSubstr("sluice_store_failures_total{")));
}

TEST_F(StoreClientTest, PassingFaultsAreRepeated) {
  script_.push_back(Answer(503));
  script_.push_back(NetFailure());
  script_.push_back(Answer(200, "broken"));
  script_.push_back(Answer(429));
  EXPECT_EQ(Run().value().body, "good");
  EXPECT_EQ(prepared_, 5);
  EXPECT_EQ(Metric("sluice_store_requests_total{operation=\"list\"}"), "5");
  EXPECT_EQ(Metric("sluice_store_request_duration_seconds_count{operation=\"list\","
                   "store=\"lake\"}"),
            "5");
  EXPECT_EQ(Metric("sluice_store_retries_total{store=\"lake\"}"), "4");
  for (const char* reason : {"503", "cut", "200", "429"}) {
    EXPECT_EQ(Metric(std::string("sluice_store_failures_total{reason=\"") + reason +
                     "\",store=\"lake\"}"),
              "1")
        << reason;
  }
}

TEST_F(StoreClientTest, AfterTheLastAttemptTheAnswerIsTheCallers) {
  repeat_last_ = true;
  random_ = ListedNumbers({100, 200, 400, 800});
  script_.push_back(Answer(503, "slow down"));
  EXPECT_EQ(Run().value().body, "slow down");
  EXPECT_EQ(prepared_, limits_.max_attempts);
  EXPECT_THAT(slept_, ElementsAre(100, 200, 400, 800));  // the longest there may be
}

TEST_F(StoreClientTest, AfterTheLastAttemptANetFailureIsSaid) {
  repeat_last_ = true;
  script_.push_back(NetFailure());
  const auto answer = Run();
  ASSERT_THAT(answer,
              IsError(Code::kUnavailable, "the storage of the table does not answer, try again"));
  EXPECT_EQ(answer.error().detail, "list from store lake, attempt 5: connection reset");
  EXPECT_EQ(answer.error().reason, "");  // the client's dialect has its own
}

TEST_F(StoreClientTest, WhatDoesNotPassIsNotRepeated) {
  script_.push_back(Fail(Code::kPermissionDenied, "the certificate is not trusted", "self-signed"));
  EXPECT_THAT(Run(), IsError(Code::kPermissionDenied, "not trusted"));
  script_.push_back(Fail(Code::kResourceExhausted, "larger than"));
  EXPECT_THAT(Run(), IsError(Code::kResourceExhausted));
  script_.push_back(Fail(Code::kInvalidArgument, "no URL"));
  EXPECT_THAT(Run(), IsError(Code::kInvalidArgument));
  EXPECT_EQ(prepared_, 3);
  EXPECT_EQ(Metric("sluice_store_failures_total{reason=\"permission_denied\",store=\"lake\"}"),
            "1");
}

TEST_F(StoreClientTest, AnErrorOfPrepareEndsTheCall) {
  StoreCall call;
  call.operation = "list";
  call.prepare = []() -> Result<net::ClientRequest> {
    return Fail(Code::kPermissionDenied, "no credentials", "none found");
  };
  call.judge = &Judge;
  const auto answer = client().Run(call);
  ASSERT_THAT(answer, IsError(Code::kPermissionDenied, "no credentials"));
  EXPECT_EQ(answer.error().detail, "none found");
  EXPECT_TRUE(timeouts_.empty());
}

TEST_F(StoreClientTest, ARequestIsPutRightTwice) {
  limits_.max_attempts = 2;
  script_.push_back(Answer(401));
  script_.push_back(Answer(401));
  EXPECT_EQ(Status(), 200);
  EXPECT_TRUE(slept_.empty());
  EXPECT_EQ(prepared_, 3);
  repeat_last_ = true;
  script_.push_back(Answer(401));
  EXPECT_EQ(Status(), 401);
  EXPECT_EQ(prepared_, 6);
}

TEST_F(StoreClientTest, CorrectionsDoNotUseUpAttempts) {
  limits_.max_attempts = 3;
  script_.push_back(Answer(401));
  script_.push_back(Answer(503));
  script_.push_back(Answer(401));
  script_.push_back(Answer(503));
  EXPECT_EQ(Status(), 200);
  EXPECT_EQ(prepared_, 5);
  EXPECT_EQ(slept_.size(), 2U);
}

// ---- time ----

TEST_F(StoreClientTest, RetryAfterIsWaitedFor) {
  script_.push_back(Answer(503, "", "1"));
  script_.push_back(Answer(429, "", "2"));
  EXPECT_EQ(Status(), 200);
  EXPECT_THAT(slept_, ElementsAre(1000, 2000));
}

TEST_F(StoreClientTest, RetryAfterTheWindowIsAnAnswerAtOnce) {
  script_.push_back(Answer(503, "", "1"));
  script_.push_back(Answer(503, "", "4"));  // 3.98 s are left
  EXPECT_EQ(Status(), 503);
  EXPECT_THAT(slept_, ElementsAre(1000));
}

TEST_F(StoreClientTest, NoAttemptBeginsAfterTheWindow) {
  repeat_last_ = true;
  attempt_ms_ = 2600;
  script_.push_back(Answer(503));
  EXPECT_EQ(Status(), 503);
  EXPECT_EQ(prepared_, 2);
  prepared_ = 0;
  attempt_ms_ = 5000;
  EXPECT_EQ(Status(), 503);
  EXPECT_EQ(prepared_, 1);
  script_.clear();
  script_.push_back(Answer(401));
  prepared_ = 0;
  EXPECT_EQ(Status(), 401);
  EXPECT_EQ(prepared_, 1);
}

TEST_F(StoreClientTest, AttemptsHaveTheirTimeAndNoMoreThanIsLeft) {
  Run("list", MiB(64));
  Run("read", MiB(4));
  limits_.total_timeout = Millis(12'000);
  limits_.retry_window = Millis(100'000);
  limits_.first_backoff = Millis(0);
  client_.reset();
  attempt_ms_ = 3000;
  script_.push_back(NetFailure());
  script_.push_back(NetFailure());
  Run();
  EXPECT_THAT(timeouts_, ElementsAre(10'000, 15'000, 10'000, 9'000, 6'000));
  timeouts_.clear();
  repeat_last_ = true;
  script_.push_back(NetFailure());
  Run();
  EXPECT_THAT(timeouts_, ElementsAre(10'000, 9'000, 6'000, 3'000));
}

TEST_F(StoreClientTest, WhereSigningTookAllTimeNothingIsSent) {
  prepare_ms_ = 20'000;
  EXPECT_THAT(Run(), IsError(Code::kUnavailable, "does not answer"));
  EXPECT_TRUE(timeouts_.empty());
}

TEST_F(StoreClientTest, OnlyGoodAnswersAreHeldToTheLimit) {
  script_.push_back(Answer(503, std::string(500, 'x')));
  script_.push_back(Answer(404, std::string(500, 'x')));
  EXPECT_EQ(Run("read", ByteCount{10}).value().status, 404);
  EXPECT_EQ(limit_seen_, KiB(64));
  script_.push_back(Answer(200, std::string(11, 'x')));
  EXPECT_THAT(Run("read", ByteCount{10}), IsError(Code::kResourceExhausted));
  script_.push_back(Answer(206, std::string(10, 'x')));
  EXPECT_THAT(Run("read", ByteCount{10}), IsOk());
  Run("read", MiB(1));
  EXPECT_EQ(limit_seen_, MiB(1));
}

// ---- breaker ----

class BreakerTest : public StoreClientTest {
 protected:
  BreakerTest() {
    limits_.breaker_failures = 3;
    limits_.max_attempts = 1;
  }
  std::string Gauge() const { return Metric("sluice_store_breaker_open{store=\"lake\"}"); }
  void FailTimes(int times) {
    for (int i = 0; i < times; ++i) {
      script_.push_back(i % 2 == 0 ? NetFailure() : Answer(503));
      Status();
    }
  }
};

TEST_F(BreakerTest, OpensAndLetsOneTry) {
  client();
  EXPECT_EQ(Gauge(), "0");
  FailTimes(3);
  EXPECT_EQ(Gauge(), "1");
  prepared_ = 0;
  EXPECT_THAT(Run(), IsError(Code::kUnavailable,
                             "the storage of the table is in trouble, try again later"));
  EXPECT_EQ(prepared_, 0);
  EXPECT_EQ(Metric("sluice_store_rejected_total{reason=\"breaker\",store=\"lake\"}"), "1");
  now_ms_ += 2000;
  EXPECT_EQ(Status(), 200);
  EXPECT_EQ(Gauge(), "0");
}

TEST_F(BreakerTest, RefusalsAndThrottlingAreHealth) {
  for (int i = 0; i < 10; ++i) {
    for (const int status : {429, 404, 403, 401}) {
      FailTimes(2);
      script_.push_back(Answer(status));
      EXPECT_EQ(Status(), status == 401 ? 200 : status);
    }
    FailTimes(2);
    script_.push_back(Fail(Code::kResourceExhausted, "larger"));
    Status();
  }
  EXPECT_EQ(Gauge(), "0");
}

TEST_F(BreakerTest, WhatTellsNothingOfTheStoreLeavesItAsItIs) {
  FailTimes(2);
  script_.push_back(Fail(Code::kPermissionDenied, "not trusted"));
  Status();
  prepare_ms_ = 20'000;
  Status();
  // So little time that a healthy store might have failed.
  prepare_ms_ = 19'000;
  script_.push_back(NetFailure(net::kNetTimeout));
  Status();
  EXPECT_EQ(Gauge(), "0");
  prepare_ms_ = 0;
  script_.push_back(NetFailure(net::kNetTimeout));
  Status();
  EXPECT_EQ(Gauge(), "1");
}

TEST_F(BreakerTest, OpeningEndsTheRepetitionsWithTheLastOutcome) {
  limits_.max_attempts = 5;
  for (int i = 0; i < 2; ++i) script_.push_back(NetFailure());
  script_.push_back(Answer(503, "the last"));
  EXPECT_EQ(Run().value().body, "the last");
  EXPECT_EQ(prepared_, 3);
  EXPECT_EQ(Gauge(), "1");
}

TEST_F(BreakerTest, AfterASteadyFailureOneRequestAPauseIsSent) {
  FailTimes(3);
  repeat_last_ = true;
  script_.push_back(NetFailure());
  prepared_ = 0;
  for (int i = 0; i < 1000; ++i) {
    now_ms_ += 20;
    Status();
  }
  EXPECT_GE(prepared_, 9);
  EXPECT_LE(prepared_, 10);
}

}  // namespace
}  // namespace sluice::storage
