// server/generation.h -- what answers requests under one reading of the configuration.
//
// A Generation never changes. A new configuration makes a new one, which takes the place of the old
// at once; requests that began under the old one end under it, and the last of them lets it go.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/bearer.h"
#include "catalog/resolver.h"
#include "net/client_address.h"
#include "net/router.h"
#include "server/auditor.h"
#include "server/rate_limiter.h"
#include "sharing/services.h"
#include "unity/services.h"

namespace sluice::server {

// Each member refers to those above it.
struct Generation {
  std::unique_ptr<const catalog::Resolver> resolver;
  std::unique_ptr<const auth::Authenticator> authenticator;
  // One for each prefix under which recipients reach us.
  std::vector<std::unique_ptr<const sharing::Services>> sharing;
  std::unique_ptr<const unity::Services> unity;  // null without a catalog
  std::unique_ptr<const Auditor> auditor;        // null without an audit log
  net::Router router{{}};
  net::TrustedProxies proxies{};
  // How much a caller may ask for, and who holds a request's file link; null: no limit.
  std::function<RateLimits(std::string_view principal)> rate_limits{};
  std::function<std::string(const net::Request& request)> link_holder{};
};

// The generation of requests that begin now. Thread-safe.
class CurrentGeneration {
 public:
  explicit CurrentGeneration(std::shared_ptr<const Generation> first = nullptr)
      : generation_(std::move(first)) {}

  std::shared_ptr<const Generation> Get() const {
    const std::lock_guard lock(mutex_);
    return generation_;
  }
  void Set(std::shared_ptr<const Generation> next) {
    const std::lock_guard lock(mutex_);
    // The old one goes after the lock, with `next`.
    generation_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Generation> generation_;
};

}  // namespace sluice::server
