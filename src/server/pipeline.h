// server/pipeline.h -- what every request goes through, as a list of steps with reasons.
//
// net hands in requests; the pipeline knows routes, callers and logs. The order is the design:
// kSteps in pipeline.cc says of each step why it stands where it stands.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/server.h"
#include "server/generation.h"
#include "server/rate_limiter.h"

namespace sluice::server {

class Pipeline final : public net::Dispatcher {
 public:
  // All references must outlive the pipeline. A request is answered by the generation that is
  // current when it comes, and holds it.
  Pipeline(const CurrentGeneration& generations, const Clock& clock, Random& random,
           Metrics& metrics, log::LineSink& access_log);

  bool Prepare(net::Request& request) override;
  net::Response Handle(net::Request& request) override;
  net::Response Reject(net::Request& request, const Error& error) override;
  void Finished(const net::Request& request, const net::Response& response,
                const net::Outcome& outcome) override;

 private:
  // One step: does its part and calls RunFrom(next) for what follows, or answers itself.
  struct Step;
  static const Step kSteps[];

  net::Response RunFrom(size_t step, net::Request& request);
  net::Response CatchAll(net::Request& request, size_t next);
  net::Response Identify(net::Request& request, size_t next);
  net::Response Audit(net::Request& request, size_t next);
  net::Response Authenticate(net::Request& request, size_t next);
  net::Response LimitRate(net::Request& request, size_t next);
  net::Response RefuseRate(const net::Request& request, std::string_view what, Millis wait);
  net::Response RequireRoute(net::Request& request, size_t next);
  net::Response CallHandler(net::Request& request, size_t next);

  net::Response Render(const net::Request& request, const Error& error) const;

  const CurrentGeneration& generations_;
  const Clock& clock_;
  Random& random_;
  Metrics& metrics_;
  log::LineSink& access_log_;
  // They outlive a generation, so that a changed file is no new start for anybody.
  RateLimiter requests_;
  RateLimiter files_;
  RateLimiter strangers_;  // by address
};

// The trace id of a W3C traceparent header (32 hex digits, not all zero), or empty.
std::string TraceId(std::string_view traceparent);

}  // namespace sluice::server
