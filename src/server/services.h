// server/services.h -- everything that a running server is made of, built once, in order.
//
// The members stand in the order they are built in and go in the reverse one: what stands above
// does not know what stands below.
#pragma once

#include <memory>
#include <string>

#include "auth/bearer.h"
#include "base/clock.h"
#include "base/crypto/random.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "catalog/resolver.h"
#include "delta/snapshots.h"
#include "engine/engine.h"
#include "net/router.h"
#include "net/server.h"
#include "server/config.h"
#include "server/pipeline.h"
#include "sharing/services.h"
#include "storage/stores.h"

namespace sluice::server {

// What is not in the configuration file but said on the command line.
struct StartOptions {
  bool insecure_no_auth = false;
};

// How net, delta and engine are set up by the settings.
net::ServerOptions ServerOptionsOf(const Settings& settings);
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

  void Start() { http_->Start(); }
  void Stop() { http_->Stop(); }

  // "http://127.0.0.1:8080/delta-sharing"
  std::string endpoint() const;
  uint16_t port() const { return http_->port(); }
  const net::Router& router() const { return router_; }
  // True when links and page tokens end with this process, because no master key was configured.
  bool key_is_temporary() const { return key_is_temporary_; }

 private:
  Services(const Config& config, const std::string& master_key,
           std::unique_ptr<log::LineSink> access_log,
           std::unique_ptr<const catalog::Resolver> resolver,
           std::unique_ptr<const auth::Authenticator> authenticator);

  SystemClock clock_;
  SecureRandom random_;
  Metrics metrics_;
  std::unique_ptr<log::LineSink> access_log_;
  engine::Engine engine_;
  storage::Stores stores_;
  delta::Snapshots snapshots_;
  std::unique_ptr<const catalog::Resolver> resolver_;
  std::unique_ptr<const auth::Authenticator> authenticator_;
  sharing::LinkKey link_key_;
  sharing::TokenSealer tokens_;
  sharing::Services sharing_;
  net::Router router_;
  Pipeline pipeline_;
  std::unique_ptr<net::Server> http_;
  std::string prefix_;
  bool key_is_temporary_ = false;
};

}  // namespace sluice::server
