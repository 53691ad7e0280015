// storage/store_client.h -- requests to one store: sent, judged, repeated where that helps.
//
// Every request to a remote store goes through here, so that all stores have the same patience:
// a bulkhead (so many requests at a time), a circuit breaker (a store that fails again and again is
// left alone for a while: callers get their answer at once), repetitions with full jitter, and a
// limit of time on each attempt and on the whole. What the store's protocol means is said by the
// caller: `prepare` signs, `judge` reads the answer. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/http_pool.h"
#include "storage/store_options.h"

namespace sluice::storage {

enum class Verdict {
  kFinal,      // the answer, good or bad, is for the caller
  kRetry,      // a passing fault of the store: repeat, and count against its health
  kThrottled,  // the store asks for less: repeat later; it is in good health
  kAgain,  // the request was put right (new credentials, region, clock): repeat at once. Granted
           // twice in a call; then the answer is final
};

// What a client stands on; tests put in their own.
struct StoreGround {
  using Instant = std::chrono::steady_clock::time_point;
  std::function<Result<net::ClientResponse>(const net::ClientRequest&, ByteCount limit)> send;
  std::function<Instant()> now = &std::chrono::steady_clock::now;
  std::function<void(Millis)> sleep;
};

struct StoreCall {
  std::string_view operation;  // "list", "head", "read", "put": the label of the metrics
  // Of the body of a good answer (others may have a page of text); for "read" the size expected.
  ByteCount limit;
  // Called for each attempt: a signature holds the time. An error ends the call with it.
  std::function<Result<net::ClientRequest>()> prepare;
  std::function<Verdict(const net::ClientResponse&)> judge;
};

class StoreClient {
 public:
  // `name` is the label of the metrics. The references must outlive the client. `http` is for proxy
  // and certificates; its times come from `limits`.
  StoreClient(std::string name, net::ClientOptions http, const StoreLimits& limits, Random& random,
              Metrics& metrics);
  StoreClient(std::string name, StoreGround ground, const StoreLimits& limits, Random& random,
              Metrics& metrics);
  ~StoreClient();

  // Sends and repeats as the verdicts say. Retry-After is respected (seconds or a date, at most
  // what is left of the retry window).
  //
  // Returns the answer that was final, or the last one when patience ended with an answer: then its
  // status tells (503, 429). Of several failures it is the last that counts; a repetition that the
  // breaker or the bulkhead turns away is not one.
  // Errors: kUnavailable       no answer in time, the breaker is open, the bulkhead is full
  //         kPermissionDenied  the store's certificate is not trusted
  //         kResourceExhausted the body is larger than `limit`
  //         kInvalidArgument   the request that was prepared is none
  //         those of `prepare`
  Result<net::ClientResponse> Run(const StoreCall& call);
  // Callers that wait for others to leave the bulkhead.
  size_t waiting() const;

 private:
  struct State;
  class Runner;
  std::unique_ptr<State> state_;
};

}  // namespace sluice::storage
