// server/generation.h -- what answers requests under one reading of the configuration.
//
// A Generation never changes. A new configuration makes a new one, which takes the place of the old
// at once; requests that began under the old one end under it, and the last of them lets it go.
#pragma once

#include <memory>
#include <mutex>

#include "auth/bearer.h"
#include "catalog/resolver.h"
#include "net/router.h"
#include "sharing/services.h"

namespace sluice::server {

// Each member refers to those above it.
struct Generation {
  std::unique_ptr<const catalog::Resolver> resolver;
  std::unique_ptr<const auth::Authenticator> authenticator;
  std::unique_ptr<const sharing::Services> sharing;
  net::Router router;
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
