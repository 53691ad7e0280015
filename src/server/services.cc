#include "server/services.h"

#include <cstdlib>

#include "catalog/yaml_catalog.h"
#include "server/master_key.h"
#include "server/operator_routes.h"
#include "sharing/routes.h"

namespace sluice::server {
namespace {

std::unexpected<Error> Invalid(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

sharing::Options SharingOptionsOf(const Settings& settings) {
  sharing::Options options;
  options.prefix = settings.endpoint;
  options.public_url = settings.public_url;
  options.link_lifetime =
      std::chrono::duration_cast<std::chrono::seconds>(settings.pre_signed_url_timeout);
  options.page_size_limit = settings.query_table_page_size_limit;
  options.page_token_lifetime = settings.query_table_page_token_ttl;
  options.refresh_token_lifetime = settings.refresh_token_ttl;
  return options;
}

struct Identity {
  std::unique_ptr<const auth::Authenticator> authenticator;
  std::string principal;
};

Result<Identity> MakeIdentity(const Settings& settings, const StartOptions& options) {
  if (!settings.bearer_token.empty()) {
    auto token = std::make_unique<auth::SingleToken>(settings.bearer_token);
    const std::string principal = token->principal();
    return Identity{std::move(token), principal};
  }
  if (options.insecure_no_auth) {
    return Identity{std::make_unique<auth::NoAuthentication>(), std::string(auth::kAnonymous)};
  }
  return Invalid(
      "no authorization.bearerToken is configured, so everybody could read the shared tables. "
      "Set one (openssl rand -hex 32 makes a good one), or say --insecure-no-auth if that is "
      "meant.");
}

}  // namespace

net::ServerOptions ServerOptionsOf(const Settings& settings) {
  net::ServerOptions options;
  options.host = settings.host;
  options.port = settings.port;
  if (settings.ssl_self_signed || !settings.ssl_certificate_file.empty()) {
    options.tls = net::TlsOptions{settings.ssl_certificate_file, settings.ssl_certificate_key_file,
                                  settings.ssl_certificate_password_file, settings.ssl_self_signed};
  }
  options.io_threads = static_cast<unsigned>(settings.io_threads);
  options.workers = static_cast<unsigned>(settings.workers);
  options.queue_limit = settings.queue_limit;
  options.max_connections = settings.max_connections;
  options.max_header = settings.max_header;
  options.max_body = settings.max_body;
  options.header_timeout = settings.header_timeout;
  options.body_timeout = settings.body_timeout;
  options.idle_timeout = settings.idle_timeout;
  options.first_byte_timeout = settings.request_timeout;
  options.write_stall = settings.write_stall;
  options.shutdown_grace = settings.shutdown_grace;
  return options;
}

delta::SnapshotLimits SnapshotLimitsOf(const Settings& settings) {
  delta::SnapshotLimits limits;
  limits.cache = settings.snapshot_cache;
  limits.waiters_per_table = settings.waiters_per_table;
  limits.max_commit = settings.max_commit;
  return limits;
}

engine::EngineOptions EngineOptionsOf(const Settings& settings) {
  return {settings.engine_memory, static_cast<unsigned>(settings.engine_threads),
          settings.temp_directory};
}

Services::Services(const Config& config, const std::string& master_key,
                   std::unique_ptr<log::LineSink> access_log,
                   std::unique_ptr<const catalog::Resolver> resolver,
                   std::unique_ptr<const auth::Authenticator> authenticator)
    : access_log_(std::move(access_log)),
      engine_(EngineOptionsOf(config.settings)),
      stores_({clock_, random_, metrics_}),
      snapshots_(stores_, engine_.checkpoint_reader(), clock_, metrics_,
                 SnapshotLimitsOf(config.settings)),
      resolver_(std::move(resolver)),
      authenticator_(std::move(authenticator)),
      link_key_(master_key),
      tokens_(master_key, random_, clock_),
      sharing_{*resolver_,
               snapshots_,
               link_key_,
               tokens_,
               clock_,
               metrics_,
               SharingOptionsOf(config.settings)},
      router_({sharing::Routes(sharing_), OperatorRoutes(metrics_)}),
      pipeline_(router_, *authenticator_, clock_, random_, metrics_, *access_log_),
      prefix_(config.settings.endpoint) {}

Services::~Services() = default;

Result<std::unique_ptr<Services>> Services::Build(const Config& config,
                                                  const StartOptions& options) {
  const Settings& settings = config.settings;
  Identity identity = TRY(MakeIdentity(settings, options));
  auto resolver = TRY(catalog::YamlCatalog::Build(config.shares, identity.principal));
  SecureRandom random;
  const MasterKey master_key =
      TRY(LoadMasterKey(settings.master_key_file, std::getenv(kMasterKeyVariable), random));
  auto access_log = TRY(log::OpenLineSink(settings.access_log));
  std::unique_ptr<Services> services(new Services(config, master_key.bytes, std::move(access_log),
                                                  std::move(resolver),
                                                  std::move(identity.authenticator)));
  services->key_is_temporary_ = master_key.source == MasterKey::Source::kThisStart;
  services->http_ = TRY(net::Server::Listen(ServerOptionsOf(settings), services->pipeline_,
                                            services->clock_, services->metrics_));
  return services;
}

std::string Services::endpoint() const { return http_->url() + prefix_; }

}  // namespace sluice::server
