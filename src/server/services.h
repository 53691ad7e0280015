// server/services.h -- everything that a running server is made of, built once, in order.
//
// The members stand in the order they are built in and go in the reverse one: what stands above
// does not know what stands below.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/failure_log.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "catalog/locations.h"
#include "delta/snapshots.h"
#include "engine/engine.h"
#include "net/server.h"
#include "portal/files.h"
#include "server/catalog_parts.h"
#include "server/catalog_stores.h"
#include "server/config.h"
#include "server/generation.h"
#include "server/notifications.h"
#include "server/pipeline.h"
#include "sharing/async_queries.h"
#include "storage/disk_cache.h"
#include "storage/stores.h"

namespace sluice::server {

inline const SystemClock kSystemClock;

// What is not in the configuration file but said by whoever starts the server.
struct StartOptions {
  bool insecure_no_auth = false;
  std::string data{};      // the data directory; empty: the file says what is shared
  std::string database{};  // with `data`: the URL of its database; empty: where it is
  std::vector<std::string> local_roots{};  // with `data`: folders that tables may lie in
  bool accept_audit_break = false;         // audit::FileLog::Options
  portal::Files web{};                     // with `data`: the portal; none: it was not built
  const Clock& clock = kSystemClock;       // must outlive the server
};

// How net, storage, delta and engine are set up by the settings.
net::ServerOptions ServerOptionsOf(const Settings& settings);
storage::StoreLimits StoreLimitsOf(const Settings& settings);
delta::SnapshotLimits SnapshotLimitsOf(const Settings& settings);
engine::EngineOptions EngineOptionsOf(const Settings& settings);

class Services {
 public:
  // Builds all rooms and listens; answers nothing before Start.
  // Errors: kInvalidArgument  the configuration cannot be put to work; the message says how to mend
  // it
  static Result<std::unique_ptr<Services>> Build(const Config& config, const StartOptions& options);

  ~Services();
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  // Puts a changed configuration to work: what applies at once counts for every request that comes
  // from now on. Returns the keys of what changed and waits for the next start. One thread at a
  // time.
  // Errors: kInvalidArgument  it cannot be put to work; everything stays as it was
  Result<std::vector<std::string_view>> Reconfigure(const Config& config);

  void Start() { http_->Start(); }
  void Stop() { http_->Stop(); }
  // What a catalog wants done now and then, a few times a second: takes over what other processes
  // changed in it, and lets old entries of the audit log go.
  void TendCatalog();

  // "http://127.0.0.1:8080/delta-sharing"
  std::string endpoint() const;
  std::string url() const { return http_->url(); }  // "http://127.0.0.1:8080"
  uint16_t port() const { return http_->port(); }
  Metrics& metrics() { return metrics_; }
  // "GET /api/2.1/unity-catalog/shares listShares user", of all routes.
  std::vector<std::string> Routes() const;
  // Null: the file says what is shared.
  CatalogParts* catalog() { return catalog_.get(); }
  // Null: as catalog().
  Notifications* notifications() { return notifications_.get(); }
  // True when links and page tokens end with this process, because no master key was configured.
  bool key_is_temporary() const { return key_is_temporary_; }

 private:
  Services(const Config& config, const StartOptions& options,
           const catalog::LocalRoots& local_roots, const std::string& master_key,
           std::unique_ptr<log::LineSink> access_log);
  void QueryFailed(const sharing::AsyncQueries::Asker& asker, const Error& error) const;
  // Stores are opened by what the catalog says, now and from each change on.
  void FollowCatalog();
  std::vector<std::string> SharingPrefixes(const Settings& settings) const;
  // Fills in all that stands below `resolver` and `authenticator`.
  void AddSharing(const Settings& settings, const Config& config, Generation& generation);

  // `settings` are those in effect, which are not all that `config` says.
  Result<std::shared_ptr<const Generation>> MakeGeneration(const Settings& settings,
                                                           const Config& config);

  const catalog::LocalRoots local_roots_;
  const Clock& clock_;
  SecureRandom random_;
  Metrics metrics_;
  std::unique_ptr<log::LineSink> access_log_;
  std::unique_ptr<CatalogParts> catalog_;  // null: the file says what is shared
  engine::Engine engine_;
  std::unique_ptr<storage::DiskCache> cache_;
  storage::Stores stores_;
  std::unique_ptr<CatalogStores> catalog_stores_;
  delta::Snapshots snapshots_;
  sharing::LinkKey link_key_;
  sharing::TokenSealer tokens_;
  std::unique_ptr<Notifications> notifications_;  // null: as catalog_
  CurrentGeneration generations_;
  sharing::AsyncQueries async_queries_;  // runs outlive a generation, and tell of their failures
  Pipeline pipeline_;
  std::unique_ptr<net::Server> http_;
  const StartOptions options_;
  Settings settings_;       // as they are in effect
  FailureLog failures_{};   // of TendCatalog
  TimePoint counted_at_{};  // when the reads in the audit log were counted last
  TimePoint purged_at_{};   // when old entries of the audit log were looked for last
  bool key_is_temporary_ = false;
};

}  // namespace sluice::server
