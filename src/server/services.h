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
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "delta/snapshots.h"
#include "engine/engine.h"
#include "net/server.h"
#include "server/config.h"
#include "server/generation.h"
#include "server/pipeline.h"
#include "storage/disk_cache.h"
#include "storage/stores.h"

namespace sluice::server {

// What is not in the configuration file but said on the command line.
struct StartOptions {
  bool insecure_no_auth = false;
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

  // "http://127.0.0.1:8080/delta-sharing"
  std::string endpoint() const;
  uint16_t port() const { return http_->port(); }
  Metrics& metrics() { return metrics_; }
  // True when links and page tokens end with this process, because no master key was configured.
  bool key_is_temporary() const { return key_is_temporary_; }

 private:
  Services(const Config& config, const StartOptions& options, const std::string& master_key,
           std::unique_ptr<log::LineSink> access_log);

  // `settings` are those in effect, which are not all that `config` says.
  Result<std::shared_ptr<const Generation>> MakeGeneration(const Settings& settings,
                                                           const Config& config);

  SystemClock clock_;
  SecureRandom random_;
  Metrics metrics_;
  std::unique_ptr<log::LineSink> access_log_;
  engine::Engine engine_;
  std::unique_ptr<storage::DiskCache> cache_;
  storage::Stores stores_;
  delta::Snapshots snapshots_;
  sharing::LinkKey link_key_;
  sharing::TokenSealer tokens_;
  CurrentGeneration generations_;
  Pipeline pipeline_;
  std::unique_ptr<net::Server> http_;
  const StartOptions options_;
  Settings settings_;  // as they are in effect
  bool key_is_temporary_ = false;
};

}  // namespace sluice::server
