#include "server/services.h"

#include <cstdlib>

#include "catalog/yaml_catalog.h"
#include "server/cache_directory.h"
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

bool UsesTls(const Settings& settings) {
  return settings.ssl_self_signed || !settings.ssl_certificate_file.empty();
}

void TakeTlsSettings(const Settings& from, Settings& to) {
  to.ssl_self_signed = from.ssl_self_signed;
  to.ssl_certificate_file = from.ssl_certificate_file;
  to.ssl_certificate_key_file = from.ssl_certificate_key_file;
  to.ssl_certificate_password_file = from.ssl_certificate_password_file;
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
  if (UsesTls(settings)) {
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

storage::StoreLimits StoreLimitsOf(const Settings& settings) {
  storage::StoreLimits limits;
  limits.connect_timeout = settings.store_connect_timeout;
  limits.attempt_timeout = settings.store_attempt_timeout;
  limits.total_timeout = settings.store_timeout;
  limits.retry_window = settings.store_retry_window;
  limits.max_requests = settings.store_max_requests;
  return limits;
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

Services::Services(const Config& config, const StartOptions& options, const std::string& master_key,
                   std::unique_ptr<log::LineSink> access_log)
    : access_log_(std::move(access_log)),
      engine_(EngineOptionsOf(config.settings)),
      cache_(OpenDiskCache(config, storage::ProcessEnvironment(), metrics_)),
      stores_({clock_, random_, metrics_, StoreLimitsOf(config.settings), cache_.get()}),
      snapshots_(stores_, engine_.checkpoint_reader(), clock_, metrics_,
                 SnapshotLimitsOf(config.settings)),
      link_key_(master_key),
      tokens_(master_key, random_, clock_),
      pipeline_(generations_, clock_, random_, metrics_, *access_log_),
      options_(options),
      settings_(config.settings) {
  stores_.Configure(config.storage_rules);
}

Services::~Services() = default;

Result<std::unique_ptr<Services>> Services::Build(const Config& config,
                                                  const StartOptions& options) {
  const Settings& settings = config.settings;
  SecureRandom random;
  const MasterKey master_key =
      TRY(LoadMasterKey(settings.master_key_file, std::getenv(kMasterKeyVariable), random));
  auto access_log = TRY(log::OpenLineSink(settings.access_log));
  std::unique_ptr<Services> services(
      new Services(config, options, master_key.bytes, std::move(access_log)));
  services->generations_.Set(TRY(services->MakeGeneration(settings, config)));
  services->key_is_temporary_ = master_key.source == MasterKey::Source::kThisStart;
  services->http_ = TRY(net::Server::Listen(ServerOptionsOf(settings), services->pipeline_,
                                            services->clock_, services->metrics_));
  return services;
}

Result<std::shared_ptr<const Generation>> Services::MakeGeneration(const Settings& settings,
                                                                   const Config& config) {
  Identity identity = TRY(MakeIdentity(settings, options_));
  std::unique_ptr<const catalog::Resolver> resolver =
      TRY(catalog::YamlCatalog::Build(config.shares, identity.principal));
  sharing::Options sharing = SharingOptionsOf(settings);
  sharing.external = std::make_shared<const delta::ExternalLocations>(config.external_locations);
  auto services = std::make_unique<const sharing::Services>(sharing::Services{
      *resolver, snapshots_, link_key_, tokens_, clock_, metrics_, std::move(sharing)});
  net::Router router({sharing::Routes(*services), OperatorRoutes(metrics_)});
  return std::make_shared<const Generation>(Generation{std::move(resolver),
                                                       std::move(identity.authenticator),
                                                       std::move(services), std::move(router)});
}

Result<std::vector<std::string_view>> Services::Reconfigure(const Config& config) {
  Settings wanted = config.settings;
  Settings next = settings_;
  const bool changes_tls = UsesTls(wanted) != UsesTls(next);
  if (changes_tls) TakeTlsSettings(next, wanted);
  std::vector<std::string_view> waiting = TakeLive(next, wanted);
  if (changes_tls) waiting.emplace_back("ssl");
  // All that may fail comes before anything is changed. The key of this start stays; one that the
  // next start could not use is told of now.
  SecureRandom random;
  TRY(LoadMasterKey(config.settings.master_key_file, std::getenv(kMasterKeyVariable), random));
  std::shared_ptr<ssl_ctx_st> tls;
  if (UsesTls(next) && !next.ssl_self_signed) {
    tls = TRY(net::MakeTlsContext(*ServerOptionsOf(next).tls));
  }
  auto generation = TRY(MakeGeneration(next, config));

  if (tls != nullptr) http_->ReplaceTls(std::move(tls));
  stores_.Configure(config.storage_rules);
  generations_.Set(std::move(generation));
  if (const auto level = log::ParseLevel(next.log_level)) log::SetLevel(*level);
  settings_ = std::move(next);
  return waiting;
}

std::string Services::endpoint() const { return http_->url() + settings_.endpoint; }

}  // namespace sluice::server
