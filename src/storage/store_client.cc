#include "storage/store_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <utility>

#include "base/log.h"
#include "storage/bulkhead.h"
#include "storage/circuit_breaker.h"
#include "storage/patience.h"

namespace sluice::storage {
namespace {

using Instant = StoreGround::Instant;

// What an error answer may have, whatever the good one is limited to: else a refusal of a read of
// ten bytes would count as an answer that is too long.
constexpr ByteCount kErrorPage = KiB(64);
// How often an attempt may be put right in one call.
constexpr int kMostCorrections = 2;
constexpr Millis kLongest = Millis::max();

// Attempts are timed by the caller's limits; a connection that stands still ends earlier.
StoreGround OverNetwork(net::ClientOptions http, const StoreLimits& limits) {
  http.connect_timeout = limits.connect_timeout;
  http.stall_timeout = limits.attempt_timeout;
  auto pool = std::make_shared<net::HttpPool>(std::move(http), limits.max_requests);
  StoreGround ground;
  ground.send = [pool](const net::ClientRequest& request, ByteCount limit) {
    return pool->Call(request, limit);
  };
  ground.sleep = [](Millis time) { std::this_thread::sleep_for(time); };
  return ground;
}

// What one attempt came to.
struct Attempt {
  enum class Next { kReturn, kRepeat, kCorrected };
  Result<net::ClientResponse> result;
  Next next = Next::kReturn;
};

std::unexpected<Error> Crowded(std::string detail) {
  return Fail(Code::kUnavailable, "too many requests wait for the storage of the table, try again",
              std::move(detail));
}

std::unexpected<Error> NoAnswer(std::string detail) {
  return Fail(Code::kUnavailable, "the storage of the table does not answer, try again",
              std::move(detail));
}

std::unexpected<Error> InTrouble(std::string detail) {
  return Fail(Code::kUnavailable, "the storage of the table is in trouble, try again later",
              std::move(detail));
}

bool IsGood(int status) { return status >= 200 && status < 300; }

}  // namespace

struct StoreClient::State {
  State(std::string store, StoreGround on, const StoreLimits& patience, Random& dice,
        Metrics& counters)
      : name(std::move(store)),
        ground(std::move(on)),
        limits(patience),
        random(dice),
        metrics(counters),
        bulkhead(
            limits.max_requests, limits.max_waiters,
            [this](size_t inside) { metrics.StoreInFlight(name, static_cast<int64_t>(inside)); }),
        breaker(limits.breaker_failures, limits.breaker_pause, ground.now,
                [this](bool open) { BreakerChanged(open); }) {
    metrics.StoreInFlight(name, 0);
    metrics.StoreBreakerOpen(name, false);
  }

  void BreakerChanged(bool open) {
    metrics.StoreBreakerOpen(name, open);
    if (open) {
      log::Warn("store {} fails again and again: left alone for {} ms at a time", name,
                limits.breaker_pause.count());
    } else {
      log::Info("store {} answers again", name);
    }
  }

  const std::string name;
  const StoreGround ground;
  const StoreLimits limits;
  Random& random;
  Metrics& metrics;
  Bulkhead bulkhead;
  CircuitBreaker breaker;
};

// One call with all its attempts.
class StoreClient::Runner {
 public:
  Runner(State& state, const StoreCall& call)
      : state_(state), call_(call), deadline_(state.ground.now() + state.limits.total_timeout) {}

  Result<net::ClientResponse> Run() {
    std::optional<Result<net::ClientResponse>> last;
    int corrections = 0;
    int attempts = 0;
    for (;;) {
      std::optional<Attempt> attempt = Try(last.has_value());
      if (!attempt) return *std::move(last);
      ++attempts;
      const bool corrected = attempt->next == Attempt::Next::kCorrected;
      const bool patient = corrected ? corrections++ < kMostCorrections && !LateAfter(Millis(0))
                                     : attempts - corrections < state_.limits.max_attempts;
      if (attempt->next == Attempt::Next::kReturn || !patient ||
          (!corrected && !Wait(attempts - corrections - 1, attempt->result))) {
        return Finished(std::move(attempt->result), attempts);
      }
      last = Finished(std::move(attempt->result), attempts);
      state_.metrics.StoreRetry(state_.name);
    }
  }

 private:
  // Sends the request once. Nothing: a repetition was turned away.
  std::optional<Attempt> Try(bool repeats) {
    const auto turned_away = [&](std::string_view by, std::unexpected<Error> error) {
      state_.metrics.StoreRejected(state_.name, by);
      return repeats ? std::nullopt : std::optional<Attempt>(Attempt{.result = std::move(error)});
    };
    const std::string what = fmt::format("{} from store {}", call_.operation, state_.name);
    if (state_.breaker.Refuses()) return turned_away("breaker", InTrouble(what));
    const auto place = state_.bulkhead.Enter(repeats ? std::min(Left(), WindowLeft()) : Left());
    if (!place) return turned_away("bulkhead", Crowded(what));
    if (!repeats) window_end_ = state_.ground.now() + state_.limits.retry_window;
    auto request = call_.prepare();
    if (!request) return Attempt{.result = std::unexpected(std::move(request).error())};
    if (Left().count() <= 0) return Attempt{.result = NoAnswer(what + ": no time was left to ask")};
    auto permit = state_.breaker.Admit();
    if (!permit) return turned_away("breaker", InTrouble(what));
    return Send(*std::move(request), *permit);
  }

  Attempt Send(net::ClientRequest request, CircuitBreaker::Permit& permit) {
    const ByteCount size = call_.operation == "read" ? call_.limit : ByteCount{0};
    request.timeout = AttemptTime(state_.limits, size, Left());
    state_.metrics.StoreRequest(call_.operation);
    const Instant began = state_.ground.now();
    Attempt attempt{.result = state_.ground.send(request, std::max(call_.limit, kErrorPage))};
    const std::chrono::duration<double> took = state_.ground.now() - began;
    state_.metrics.StoreAttempt(state_.name, call_.operation, took.count());
    if (attempt.result.has_value()) {
      Judge(attempt, permit);
    } else {
      const Millis fair =
          std::min(state_.limits.connect_timeout, AttemptTime(state_.limits, size, kLongest));
      JudgeFailure(attempt, permit, request.timeout >= fair);
    }
    return attempt;
  }

  void Judge(Attempt& attempt, CircuitBreaker::Permit& permit) {
    const net::ClientResponse& response = *attempt.result;
    if (IsGood(response.status) && response.body.size() > call_.limit.value) {
      attempt.result = Fail(Code::kResourceExhausted,
                            fmt::format("the answer is larger than {}", HumanBytes(call_.limit)));
      permit.Succeeded();
      return;
    }
    const Verdict verdict = call_.judge(response);
    if (verdict == Verdict::kRetry) {
      permit.Failed();
    } else {
      permit.Succeeded();
    }
    if (verdict == Verdict::kFinal) return;
    state_.metrics.StoreFailure(state_.name, fmt::format("{}", response.status));
    attempt.next = verdict == Verdict::kAgain ? Attempt::Next::kCorrected : Attempt::Next::kRepeat;
  }

  // Not `fair`: there was less time than a healthy store may take, after a wait for a place.
  void JudgeFailure(Attempt& attempt, CircuitBreaker::Permit& permit, bool fair) {
    const Error& error = attempt.result.error();
    state_.metrics.StoreFailure(state_.name,
                                error.reason.empty() ? CodeName(error.code) : error.reason);
    if (error.code == Code::kResourceExhausted) permit.Succeeded();  // it did answer
    if (error.code != Code::kUnavailable) return;
    if (fair || (error.reason != net::kNetTimeout && error.reason != net::kNetConnect)) {
      permit.Failed();
    }
    attempt.next = Attempt::Next::kRepeat;
  }

  // False: the wait would end too late for another attempt.
  bool Wait(int repetition, const Result<net::ClientResponse>& result) {
    std::optional<Millis> asked;
    if (result.has_value()) asked = RetryAfter(result->headers, SystemClock().Now());
    const Millis time = asked ? *asked : Backoff(state_.limits, repetition, state_.random);
    if (LateAfter(time)) return false;
    if (time.count() > 0) state_.ground.sleep(time);
    return !LateAfter(Millis(0));
  }

  Result<net::ClientResponse> Finished(Result<net::ClientResponse> result, int attempts) const {
    if (result.has_value() || result.error().code != Code::kUnavailable) return result;
    Error& error = result.error();
    if (error.reason.empty()) return result;  // of `prepare`, or turned away: says what it means
    return NoAnswer(fmt::format("{} from store {}, attempt {}: {}", call_.operation, state_.name,
                                attempts, error.detail.empty() ? error.message : error.detail));
  }

  Millis Until(Instant end) const { return std::chrono::floor<Millis>(end - state_.ground.now()); }
  Millis Left() const { return Until(deadline_); }
  Millis WindowLeft() const { return Until(window_end_); }
  bool LateAfter(Millis wait) const { return wait >= std::min(Left(), WindowLeft()); }

  State& state_;
  const StoreCall& call_;
  const Instant deadline_;
  Instant window_end_{};
};

StoreClient::StoreClient(std::string name, net::ClientOptions http, const StoreLimits& limits,
                         Random& random, Metrics& metrics)
    : StoreClient(std::move(name), OverNetwork(std::move(http), limits), limits, random, metrics) {}

StoreClient::StoreClient(std::string name, StoreGround ground, const StoreLimits& limits,
                         Random& random, Metrics& metrics)
    : state_(std::make_unique<State>(std::move(name), std::move(ground), limits, random, metrics)) {
}

StoreClient::~StoreClient() = default;

Result<net::ClientResponse> StoreClient::Run(const StoreCall& call) {
  return Runner(*state_, call).Run();
}

size_t StoreClient::waiting() const { return state_->bulkhead.waiting(); }

}  // namespace sluice::storage
