#include "storage/stores.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "base/log.h"
#include "storage/cached_store.h"
#include "storage/counted_store.h"
#include "storage/local/local_store.h"
#include "storage/location.h"
#include "storage/s3/credential_sources.h"
#include "storage/s3/read_policy.h"
#include "storage/s3/s3_bucket.h"
#include "storage/s3/s3_store.h"
#include "storage/s3/s3_vendor.h"

namespace sluice::storage {
namespace {

constexpr std::string_view kDefaultName = "s3";
constexpr std::string_view kDefaultRegion = "us-east-1";
constexpr Millis kMetadataTimeout{1'000};

std::string_view WithoutSlash(std::string_view prefix) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return prefix;
}

// Whether a location lies at `prefix` or below: whole segments.
bool Covers(std::string_view prefix, std::string_view location) {
  prefix = WithoutSlash(prefix);
  if (!location.starts_with(prefix)) return false;
  return location.size() == prefix.size() || location[prefix.size()] == '/';
}

// The longest rule that covers a location; null: none does.
const StoreRule* RuleFor(const std::vector<StoreRule>& rules, const Location& location) {
  const std::string text = location.Text();
  const StoreRule* longest = nullptr;
  for (const StoreRule& rule : rules) {
    if (!Covers(rule.prefix, text)) continue;
    if (longest == nullptr ||
        WithoutSlash(rule.prefix).size() > WithoutSlash(longest->prefix).size()) {
      longest = &rule;
    }
  }
  return longest;
}

// The first of the variables that is set and not empty.
std::string FirstOf(const Environment& environment, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto value = environment(name);
    if (value.has_value() && !value->empty()) return *value;
  }
  return {};
}

// What the options leave open is filled from the environment.
S3Options Resolve(S3Options options, const Environment& environment) {
  const bool ignored = FirstOf(environment, {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}) == "true";
  const bool amazons = options.fips || options.dual_stack;
  if (options.endpoint.empty() && !ignored && !amazons) {
    options.endpoint = FirstOf(environment, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  }
  if (options.sts_endpoint.empty() && !ignored) {
    options.sts_endpoint = FirstOf(environment, {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"});
  }
  if (options.ca_file.empty()) options.ca_file = FirstOf(environment, {"AWS_CA_BUNDLE"});
  if (options.region.empty()) {
    options.region = FirstOf(environment, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  }
  if (options.region.empty()) {
    options.region = RegionOfProfile(options.credentials.profile, environment);
  }
  if (options.region.empty()) options.region = kDefaultRegion;
  return options;
}

net::ClientOptions HttpOptionsOf(const S3Options& options, const StoreLimits& limits) {
  net::ClientOptions http;
  http.connect_timeout = limits.connect_timeout;
  http.stall_timeout = limits.attempt_timeout;
  http.proxy = options.proxy;
  http.ca_file = options.ca_file;
  return http;
}

}  // namespace

struct Stores::State {
  // A store that was opened, and by which rule.
  struct Opened {
    StoreRule rule;
    std::shared_ptr<const ObjectStore> store;
  };

  explicit State(StoresContext stores_context) : context(std::move(stores_context)) {}

  // One without a prefix where no rule covers the location.
  StoreRule RuleOf(const Location& location) const;
  Result<std::shared_ptr<const ObjectStore>> OpenS3(const Location& location,
                                                    const StoreRule& rule);
  Result<std::shared_ptr<const S3Bucket>> BucketOf(const Location& location, const StoreRule& rule);
  Result<std::shared_ptr<const S3Bucket>> MakeBucket(const Location& location,
                                                     const StoreRule& rule, std::string name);
  Result<std::unique_ptr<ObjectStore>> OpenLocal(const std::string& path) const;
  CredentialContext ContextOf(const S3Options& options) const;
  // Null: the rule has no directory access.
  std::unique_ptr<const CredentialVendor> VendorOf(std::shared_ptr<const S3Bucket> bucket,
                                                   const std::string& path,
                                                   const StoreRule& rule) const;
  std::string NameFor(const StoreRule& rule, const std::string& bucket);

  const StoresContext context;
  std::mutex mutex;  // of what follows
  std::vector<StoreRule> rules;
  std::map<std::string, Opened> stores;  // by location as written
  struct Bucket {
    StoreRule rule;
    std::string bucket;
    std::weak_ptr<const S3Bucket> held;
  };
  std::vector<Bucket> buckets;
  std::map<std::pair<std::string, std::string>, std::string> names;  // by rule's name and bucket
  std::set<std::string> taken;
};

StoreRule Stores::State::RuleOf(const Location& location) const {
  if (const StoreRule* found = RuleFor(rules, location); found != nullptr) return *found;
  StoreRule rule;
  rule.name = kDefaultName;
  return rule;
}

CredentialContext Stores::State::ContextOf(const S3Options& options) const {
  net::ClientOptions direct = HttpOptionsOf({}, context.limits);
  direct.proxy = "none";  // metadata services are at hand, and their answers are secrets
  direct.connect_timeout = kMetadataTimeout;
  return CredentialContext{
      .clock = context.clock,
      .environment = context.environment,
      .http = std::make_shared<net::HttpPool>(HttpOptionsOf(options, context.limits), 1),
      .metadata_http = std::make_shared<net::HttpPool>(std::move(direct), 1),
      .region = options.region,
      .sts_endpoint = options.sts_endpoint,
      .fips = options.fips};
}

std::unique_ptr<const CredentialVendor> Stores::State::VendorOf(
    std::shared_ptr<const S3Bucket> bucket, const std::string& path, const StoreRule& rule) const {
  if (!rule.s3.directory_access.has_value()) return nullptr;
  const DirectoryAccess& access = *rule.s3.directory_access;
  S3Options options = Resolve(rule.s3, context.environment);
  if (!access.sts_endpoint.empty()) options.sts_endpoint = access.sts_endpoint;
  return std::make_unique<S3Vendor>(std::move(bucket), path, access, ContextOf(options));
}

// Two buckets under one rule are two stores: the second one's name gets a number. A bucket keeps
// its name when its rule changes.
std::string Stores::State::NameFor(const StoreRule& rule, const std::string& bucket) {
  std::string& name = names[{rule.name, bucket}];
  if (!name.empty()) return name;
  name = rule.name;
  for (int number = 2; !taken.insert(name).second; ++number) {
    name = fmt::format("{}-{}", rule.name, number);
  }
  return name;
}

Result<std::shared_ptr<const S3Bucket>> Stores::State::BucketOf(const Location& location,
                                                                const StoreRule& rule) {
  std::erase_if(buckets, [](const Bucket& bucket) { return bucket.held.expired(); });
  for (const Bucket& known : buckets) {
    if (known.bucket != location.bucket || known.rule != rule) continue;
    if (auto held = known.held.lock()) return held;
  }
  const S3Options options = Resolve(rule.s3, context.environment);
  TRY(EndpointOf(options, options.region, location.bucket));  // before a name is taken
  std::string name = NameFor(rule, location.bucket);
  log::Info("store '{}' is bucket '{}' at {}", name, location.bucket,
            options.endpoint.empty() ? "Amazon S3, " + options.region : options.endpoint);
  auto bucket = TRY(MakeBucket(location, rule, std::move(name)));
  buckets.push_back({rule, location.bucket, bucket});
  return bucket;
}

Result<std::shared_ptr<const S3Bucket>> Stores::State::MakeBucket(const Location& location,
                                                                  const StoreRule& rule,
                                                                  std::string name) {
  S3Options options = Resolve(rule.s3, context.environment);
  auto credentials = MakeCredentialSource(options.credentials, ContextOf(options));
  auto client =
      std::make_unique<StoreClient>(std::move(name), HttpOptionsOf(options, context.limits),
                                    context.limits, context.random, context.metrics);
  return S3Bucket::Make(location.bucket, std::move(options), std::move(credentials),
                        std::move(client), context.clock, context.limits.parallel_reads);
}

// No message names the folder, nor tells whether it is there.
Result<std::unique_ptr<ObjectStore>> Stores::State::OpenLocal(const std::string& path) const {
  if (!context.local_roots) return std::make_unique<LocalStore>(path);
  for (const std::string& root : *context.local_roots) {
    if (!Covers(root, path)) continue;
    const std::string_view end = WithoutSlash(root);
    std::string beneath = path.size() > end.size() ? path.substr(end.size() + 1) : std::string();
    if (!beneath.empty() && !CheckKey(beneath).has_value()) break;
    return std::make_unique<LocalStore>(root, std::move(beneath));
  }
  return Fail(Code::kPermissionDenied, "the location of the table is not open to this server",
              "outside of all local roots: " + path);
}

Result<std::shared_ptr<const ObjectStore>> Stores::State::OpenS3(const Location& location,
                                                                 const StoreRule& rule) {
  auto bucket = TRY(BucketOf(location, rule));
  auto vendor = VendorOf(bucket, location.path, rule);
  auto store = std::make_unique<S3Store>(std::move(bucket), location.path, context.random,
                                         std::move(vendor));
  if (context.cache == nullptr) return store;
  return CacheLogFiles(std::move(store), *context.cache);
}

bool LendsFolder(const std::vector<StoreRule>& rules, const Location& location) {
  if (location.kind != Location::Kind::kS3) return false;
  const StoreRule* rule = RuleFor(rules, location);
  return rule != nullptr && rule->s3.directory_access.has_value() &&
         ReadPolicy(location.bucket, location.path, *rule->s3.directory_access).has_value();
}

Stores::Stores(StoresContext context) : state_(std::make_unique<State>(std::move(context))) {}
Stores::~Stores() = default;

void Stores::Configure(std::vector<StoreRule> rules) {
  const std::lock_guard lock(state_->mutex);
  state_->rules = std::move(rules);
  std::erase_if(state_->stores, [&](const auto& item) {
    const auto location = ParseLocation(item.first);
    return location.has_value() && location->kind == Location::Kind::kS3 &&
           state_->RuleOf(*location) != item.second.rule;
  });
}

Result<std::shared_ptr<const ObjectStore>> Stores::Open(const std::string& location) {
  const std::lock_guard lock(state_->mutex);
  const auto known = state_->stores.find(location);
  if (known != state_->stores.end()) return known->second.store;
  Location parsed = TRY(ParseLocation(location));
  State::Opened opened;
  if (parsed.kind == Location::Kind::kLocal) {
    opened.store = CountRequests(TRY(state_->OpenLocal(parsed.path)), state_->context.metrics);
  } else if (state_->context.local_roots && RuleFor(state_->rules, parsed) == nullptr) {
    return Fail(Code::kPermissionDenied, "the location of the table is not open to this server",
                "no rule covers " + parsed.Text());
  } else {
    opened.rule = state_->RuleOf(parsed);
    opened.store = TRY(state_->OpenS3(parsed, opened.rule));
  }
  return state_->stores.emplace(location, std::move(opened)).first->second.store;
}

Result<std::shared_ptr<const ObjectStore>> Stores::OpenApart(const std::string& location,
                                                             const StoreRule& rule) {
  Location parsed = TRY(ParseLocation(location));
  if (parsed.kind == Location::Kind::kLocal) return state_->OpenLocal(parsed.path);
  auto bucket = TRY(state_->MakeBucket(parsed, rule, rule.name));
  return std::make_shared<const S3Store>(std::move(bucket), std::move(parsed.path),
                                         state_->context.random, nullptr);
}

}  // namespace sluice::storage
