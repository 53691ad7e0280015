#include "server/services.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "auth/catalog_authenticator.h"
#include "catalog/catalog_resolver.h"
#include "catalog/yaml_catalog.h"
#include "portal/routes.h"
#include "server/activation_routes.h"
#include "server/api_description.h"
#include "server/cache_directory.h"
#include "server/master_key.h"
#include "server/operator_routes.h"
#include "sharing/operations.h"
#include "sharing/routes.h"
#include "sharing/table_request.h"
#include "unity/routes.h"

namespace sluice::server {
namespace {

constexpr std::chrono::hours kBetweenPurges{24};
constexpr std::chrono::seconds kBetweenCounts{20};

std::unexpected<Error> Invalid(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message));
}

sharing::Options SharingOptionsOf(const Settings& settings, const CatalogParts* catalog) {
  sharing::Options options;
  options.prefix = settings.endpoint;
  options.public_url = settings.public_url;
  options.link_lifetime = LinkLifetime(settings, catalog != nullptr);
  options.credential_lifetime = CredentialLifetime(settings, catalog != nullptr);
  options.page_size_limit = settings.query_table_page_size_limit;
  options.hints = {settings.evaluate_predicate_hints, settings.evaluate_json_predicate_hints,
                   settings.evaluate_json_predicate_hints_v2};
  options.page_token_lifetime = settings.query_table_page_token_ttl;
  options.refresh_token_lifetime = settings.refresh_token_ttl;
  options.query_id_lifetime = settings.async_query_ttl;
  return options;
}

sharing::AsyncLimits AsyncLimitsOf(const Settings& settings) {
  sharing::AsyncLimits limits;
  limits.threads = static_cast<unsigned>(settings.async_query_threads);
  limits.per_recipient = settings.async_queries_per_recipient;
  limits.results = settings.snapshot_cache;
  return limits;
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

// Not /tmp, which may be memory.
std::string TempDirectory(const Settings& settings) {
  if (!settings.temp_directory.empty()) return settings.temp_directory;
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/var/tmp";
}

// The settings are checked, so nothing fails.
Result<net::TrustedProxies> TrustedProxiesOf(const Settings& settings) {
  net::TrustedProxies proxies;
  proxies.networks = TRY(ParseIpNetworks(settings.trusted_proxies));
  if (settings.forwarded_header == "Forwarded") proxies.header = net::ForwardedHeader::kForwarded;
  return proxies;
}

// The same limits for all callers, but for recipients that have one of their own; `catalog` may be
// null. `generation` lives as long as what it is asked.
void LimitRates(const Settings& settings, const catalog::Catalog* catalog, Generation& generation) {
  const uint64_t files = settings.files_per_second;
  const RateLimits limits{{settings.requests_per_second, settings.request_burst},
                          {files, std::max<uint64_t>(files, 1)}};
  if (catalog != nullptr) {
    generation.rate_limits = [limits, catalog](std::string_view principal) {
      RateLimits own = limits;
      const auto picture = catalog->Now();
      const catalog::Securable* recipient =
          principal.starts_with(auth::kRecipientPrincipal)
              ? picture->Find(principal.substr(auth::kRecipientPrincipal.size()))
              : nullptr;
      if (recipient != nullptr && recipient->kind() == catalog::Kind::kRecipient) {
        if (const auto rate = recipient->As<catalog::Recipient>().requests_per_second) {
          own.requests = {static_cast<uint64_t>(*rate), static_cast<uint64_t>(*rate)};
        }
      }
      return own;
    };
  } else if (settings.requests_per_second > 0 || files > 0) {
    generation.rate_limits = [limits](std::string_view) { return limits; };
  }
  if (files > 0) {
    generation.link_holder = [&services =
                                  *generation.sharing.front()](const net::Request& request) {
      return sharing::LinkHolder(services, request);
    };
  }
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
  // One table may have half of the cache; what is beyond lies on disk.
  limits.blocks.memory = {settings.snapshot_cache.value / 2};
  limits.blocks.folder = TempDirectory(settings);
  return limits;
}

engine::EngineOptions EngineOptionsOf(const Settings& settings) {
  return {settings.engine_memory, static_cast<unsigned>(settings.engine_threads),
          settings.temp_directory};
}

Services::Services(const Config& config, const StartOptions& options,
                   const catalog::LocalRoots& local_roots, const std::string& master_key,
                   std::unique_ptr<log::LineSink> access_log)
    : local_roots_(local_roots),
      clock_(options.clock),
      access_log_(std::move(access_log)),
      engine_(EngineOptionsOf(config.settings)),
      cache_(OpenDiskCache(config, storage::ProcessEnvironment(), metrics_)),
      stores_({.clock = clock_,
               .random = random_,
               .metrics = metrics_,
               .limits = StoreLimitsOf(config.settings),
               .cache = cache_.get(),
               .local_roots =
                   options.data.empty() ? std::nullopt : std::optional(local_roots.folders())}),
      snapshots_(stores_, engine_.checkpoint_reader(), clock_, metrics_,
                 SnapshotLimitsOf(config.settings)),
      link_key_(master_key),
      tokens_(master_key, random_, clock_),
      async_queries_([this](const std::string& location,
                            delta::Version version) { return snapshots_.At(location, version); },
                     clock_, metrics_, AsyncLimitsOf(config.settings),
                     [this](const auto& asker, const Error& error) { QueryFailed(asker, error); }),
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
  std::optional<DataDirectory> data;
  std::unique_ptr<db::Database> database;
  catalog::LocalRoots local_roots;
  if (!options.data.empty()) {
    data = TRY(DataDirectory::Open(options.data));
    TRY(data->UseDatabase(options.database.empty() ? settings.database_url : options.database));
    database = TRY(OpenDatabaseToServe(*data));
    local_roots = TRY(catalog::LocalRoots::Resolve(options.local_roots));
  }
  const MasterKey master_key =
      data ? TRY(LoadKey(*data, *database, settings, random))
           : TRY(LoadMasterKey(settings.master_key_file, std::getenv(kMasterKeyVariable), random));
  auto access_log = TRY(log::OpenLineSink(settings.access_log));
  std::unique_ptr<Services> services(
      new Services(config, options, local_roots, master_key.bytes, std::move(access_log)));
  if (data) {
    services->catalog_ = TRY(CatalogParts::Open(*data,
                                                {.database = std::move(database),
                                                 .master_key = master_key.bytes,
                                                 .accept_audit_break = options.accept_audit_break},
                                                services->clock_, services->random_));
    services->notifications_ =
        TRY(Notifications::Open(*services->catalog_, services->snapshots_, settings));
    services->FollowCatalog();
    TRY(services->notifications_->notifier().Start());
  }
  services->generations_.Set(TRY(services->MakeGeneration(settings, config)));
  services->key_is_temporary_ = master_key.source == MasterKey::Source::kThisStart;
  services->http_ = TRY(net::Server::Listen(ServerOptionsOf(settings), services->pipeline_,
                                            services->clock_, services->metrics_));
  return services;
}

void Services::QueryFailed(const sharing::AsyncQueries::Asker& asker, const Error& error) const {
  if (notifications_ == nullptr || !asker.principal.starts_with(auth::kRecipientPrincipal)) return;
  const auto generation = generations_.Get();
  const auto table = generation->resolver->FindTableById(asker.principal, asker.table);
  if (!table) return;  // taken back meanwhile
  notifications_->notifier().QueryFailed(
      {.recipient = asker.principal.substr(auth::kRecipientPrincipal.size()),
       .share = (*table)->share,
       .table = fmt::format("{}.{}", (*table)->schema, (*table)->name),
       .why = sharing::TableError(**table, error).message});
}

// Where recipients reach a server that keeps a catalog: under the configured prefix, that of
// OpenSharing, and the one that Databricks writes into its profiles.
std::vector<std::string> Services::SharingPrefixes(const Settings& settings) const {
  std::vector<std::string> prefixes = {settings.endpoint};
  if (catalog_ == nullptr) return prefixes;
  const std::string metastore = catalog_->catalog().Now()->metastore().id;
  prefixes.emplace_back("/api/2.1/opensharing");
  prefixes.push_back("/api/2.0/delta-sharing/metastores/" + metastore);
  return prefixes;
}

void Services::AddSharing(const Settings& settings, const Config& config, Generation& generation) {
  sharing::Options options = SharingOptionsOf(settings, catalog_.get());
  options.external = std::make_shared<const delta::ExternalLocations>(config.external_locations);
  std::vector<net::RouteTable> tables;
  for (std::string& prefix : SharingPrefixes(settings)) {
    options.prefix = std::move(prefix);
    auto services = std::make_unique<sharing::Services>(
        sharing::Services{*generation.resolver, snapshots_, link_key_, tokens_, async_queries_,
                          clock_, metrics_, options});
    if (catalog_ != nullptr) {
      const auto& known = static_cast<const auth::CatalogAuthenticator&>(*generation.authenticator);
      services->may_use_link = [&known](std::string_view principal, TimePoint issued,
                                        const IpAddress& from) {
        return known.CheckLink(principal, issued, from);
      };
    }
    generation.sharing.push_back(std::move(services));
    tables.push_back(sharing::Routes(*generation.sharing.back()));
  }
  if (catalog_ != nullptr) {
    generation.unity = std::make_unique<const unity::Services>(unity::Services{
        catalog_->catalog(),
        snapshots_,
        clock_,
        {.public_url = settings.public_url,
         .sharing_prefix = settings.endpoint,
         .audit_folder = catalog_->directory().audit(),
         .session_lifetime =
             std::chrono::duration_cast<std::chrono::seconds>(settings.session_lifetime),
         .local_roots = local_roots_},
        &stores_,
        generation.sharing.front().get(),
        &engine_.row_reader(),
        &catalog_->usage(),
        &notifications_->notifier()});
    generation.auditor = std::make_unique<const Auditor>(
        catalog_->audit(), catalog_->catalog(), *generation.resolver, catalog_->denials(), clock_,
        [this](const std::string& recipient) { notifications_->notifier().Denied(recipient); });
    tables.push_back(unity::Routes(*generation.unity));
    const bool has_portal = settings.portal_enabled && !options_.web.empty();
    tables.push_back(ActivationPages(*generation.unity, has_portal ? kRecipientSignIn : ""));
  }
  tables.push_back(OperatorRoutes(metrics_));
  if (catalog_ != nullptr) {
    tables.push_back(DescriptionRoutes());
    if (settings.portal_enabled) tables.push_back(portal::Routes(options_.web));
  }
  generation.router = net::Router(std::move(tables));
}

Result<std::shared_ptr<const Generation>> Services::MakeGeneration(const Settings& settings,
                                                                   const Config& config) {
  auto generation = std::make_shared<Generation>();
  generation->proxies = TRY(TrustedProxiesOf(settings));
  if (catalog_ != nullptr) {
    generation->resolver = std::make_unique<catalog::CatalogResolver>(catalog_->catalog());
    generation->authenticator = std::make_unique<auth::CatalogAuthenticator>(catalog_->catalog());
  } else {
    Identity identity = TRY(MakeIdentity(settings, options_));
    generation->resolver = TRY(catalog::YamlCatalog::Build(config.shares, identity.principal));
    generation->authenticator = std::move(identity.authenticator);
  }
  AddSharing(settings, config, *generation);
  LimitRates(settings, catalog_ == nullptr ? nullptr : &catalog_->catalog(), *generation);
  return generation;
}

void Services::FollowCatalog() {
  catalog_stores_ = std::make_unique<CatalogStores>(catalog_->catalog(), stores_);
  catalog_->catalog().OnChange([this](const auto& picture) {
    catalog_stores_->Follow(*picture);
    notifications_->notifier().Wake();
  });
  catalog_stores_->Follow(*catalog_->catalog().Now());
}

void Services::TendCatalog() {
  if (catalog_ == nullptr) return;
  const Status refreshed = catalog_->catalog().Refresh();
  failures_.Note("comparing the catalog with the database", refreshed);
  metrics_.DatabaseUp(refreshed.has_value());
  failures_.Note("taking events of commands into the audit log", catalog_->TakeNotedEvents());
  const TimePoint now = clock_.Now();
  if (now - counted_at_ >= kBetweenCounts) {
    counted_at_ = now;
    // One older file at a time: others wait for this thread.
    failures_.Note("counting the reads in the audit log", catalog_->usage().CatchUp(1));
  }
  if (settings_.audit_retention_days == 0 || now - purged_at_ < kBetweenPurges) return;
  purged_at_ = now;
  const auto purged = catalog_->audit().Purge(std::chrono::days(settings_.audit_retention_days));
  if (!purged) {
    log::Warn("old entries of the audit log stay: {} [{}]", purged.error().message,
              purged.error().detail);
  } else if (purged->segments > 0) {
    log::Info(
        "{} files of the audit log were older than its retention and are gone, as is on record",
        purged->segments);
  }
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
  if (catalog_ == nullptr) stores_.Configure(config.storage_rules);
  generations_.Set(std::move(generation));
  if (const auto level = log::ParseLevel(next.log_level)) log::SetLevel(*level);
  settings_ = std::move(next);
  return waiting;
}

std::vector<std::string> Services::Routes() const {
  std::vector<std::string> lines;
  const auto generation = generations_.Get();
  for (const net::Route* route : generation->router.routes()) {
    lines.push_back(fmt::format("{} {} {} {}", net::MethodName(route->method), route->pattern,
                                route->operation, net::AccessName(route->access)));
  }
  return lines;
}

std::string Services::endpoint() const { return http_->url() + settings_.endpoint; }

}  // namespace sluice::server
