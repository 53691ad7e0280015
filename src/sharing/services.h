// sharing/services.h -- what the handlers of the sharing protocol work with, built once at start.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/ip_network.h"
#include "base/metrics.h"
#include "catalog/resolver.h"
#include "delta/file_places.h"
#include "delta/snapshots.h"
#include "sharing/async_queries.h"
#include "sharing/file_link.h"
#include "sharing/hints.h"
#include "sharing/page_token.h"

namespace sluice::sharing {

struct Options {
  std::string prefix = "/delta-sharing";  // of all routes, links included
  std::string public_url;                 // "https://share.example.com"; empty: from the request
  std::chrono::seconds link_lifetime{3600};
  std::chrono::seconds credential_lifetime{3600};  // of keys for directory access
  uint64_t page_size_limit = 10'000;  // caps maxFiles; an answer is never cut without being asked
  Millis page_token_lifetime{259'200'000};
  Millis refresh_token_lifetime{3'600'000};
  HintOptions hints;
  Millis query_id_lifetime{3'600'000};
  // Where tables may refer to files outside of their folders. Never null.
  std::shared_ptr<const delta::ExternalLocations> external =
      std::make_shared<const delta::ExternalLocations>();
};

// References outlive every request; all of them are thread-safe.
struct Services {
  const catalog::Resolver& resolver;
  delta::Snapshots& snapshots;
  const LinkKey& link_key;
  const TokenSealer& tokens;
  AsyncQueries& async_queries;
  const Clock& clock;
  Metrics& metrics;
  Options options;
  // Whether who got a link to a file then may use it now, from where the request comes: a recipient
  // who is gone or elsewhere may not. Null: whoever holds a link may. Errors: kPermissionDenied
  std::function<Status(std::string_view principal, TimePoint issued, const IpAddress& from)>
      may_use_link{};
};

}  // namespace sluice::sharing
