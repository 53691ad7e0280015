#include "unity/store_rules.h"

#include <fmt/format.h>

#include "base/log.h"
#include "catalog/credentials.h"
#include "catalog/external_locations.h"
#include "catalog/locations.h"

namespace sluice::unity {
namespace {

using catalog::CredentialType;
using Source = storage::S3CredentialOptions::Source;

std::string Get(const catalog::Properties& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? std::string() : found->second;
}

std::unexpected<Error> NotSupportedYet(std::string_view what) {
  return Fail(
      Code::kUnsupported,
      fmt::format("{} can be registered, but reading with them is not supported yet.", what));
}

// A session or identity of its own for each credential: who reads is seen in the other side's log.
storage::S3Options OfRole(const catalog::StorageCredential& credential, const catalog::Id& id) {
  storage::S3Options options;
  options.credentials.role_arn = Get(credential.settings, "role_arn");
  options.credentials.external_id = id;
  return options;
}

storage::S3Options OfKeys(const catalog::StorageCredential& credential,
                          const catalog::Properties& secrets) {
  storage::S3Options options;
  options.credentials.source = Source::kStatic;
  options.credentials.access_key_id = Get(credential.settings, "access_key_id");
  options.credentials.secret_access_key = Get(secrets, "secret_access_key");
  options.credentials.session_token = Get(secrets, "session_token");
  options.endpoint = Get(credential.settings, "endpoint");
  options.region = Get(credential.settings, "region");
  if (Get(credential.settings, "path_style") == "true") {
    options.addressing = storage::S3Options::Addressing::kPath;
  }
  if (credential.type == CredentialType::kCloudflareApiToken) {
    options.endpoint =
        fmt::format("https://{}.r2.cloudflarestorage.com", Get(credential.settings, "account_id"));
    options.region = "auto";
  }
  return options;
}

Result<storage::StoreRule> RuleOf(const catalog::Catalog& catalog, const catalog::Picture& picture,
                                  const catalog::Securable& location) {
  const auto& details = location.As<catalog::ExternalLocation>();
  const catalog::Securable* credential = picture.Find(details.credential);
  if (credential == nullptr) return Fail(Code::kNotFound, "its storage credential was deleted");
  const catalog::Properties secrets = TRY(catalog::SecretsOf(catalog, *credential));
  storage::StoreRule rule;
  rule.name = location.name;
  rule.prefix = details.url;
  const auto& keys = credential->As<catalog::StorageCredential>();
  rule.s3 = TRY(S3OptionsOf(keys, credential->id, secrets));
  if (!details.directory_access) return rule;
  // The credential may have changed since.
  if (const Status lends = catalog::CheckLends(keys, details.url, *details.directory_access)) {
    rule.s3.directory_access = details.directory_access;
  } else {
    log::Warn("external location '{}' cannot lend keys: {}", location.name, lends.error().message);
  }
  return rule;
}

}  // namespace

Status CheckIsSupported(std::string_view url) {
  switch (catalog::KindOfUrl(url)) {
    case catalog::UrlKind::kLocal:
    case catalog::UrlKind::kS3: return {};
    case catalog::UrlKind::kAzure: return NotSupportedYet("Locations in Azure (abfss://)");
    case catalog::UrlKind::kGoogle: return NotSupportedYet("Locations in Google Cloud (gs://)");
    case catalog::UrlKind::kCloudflare:
      return NotSupportedYet(
          "Locations of the scheme r2:// (s3:// with a Cloudflare token is read)");
  }
  return {};
}

Result<storage::S3Options> S3OptionsOf(const catalog::StorageCredential& credential,
                                       const catalog::Id& id, const catalog::Properties& secrets) {
  switch (credential.type) {
    case CredentialType::kAwsIamRole: return OfRole(credential, id);
    case CredentialType::kS3AccessKey:
    case CredentialType::kCloudflareApiToken: return OfKeys(credential, secrets);
    case CredentialType::kLocal: return storage::S3Options{};
    case CredentialType::kAzureServicePrincipal:
    case CredentialType::kAzureManagedIdentity: return NotSupportedYet("Azure credentials");
    case CredentialType::kGcpServiceAccount: return NotSupportedYet("Google credentials");
  }
  return NotSupportedYet("Credentials of this kind");
}

std::vector<storage::StoreRule> StoreRulesOf(const catalog::Catalog& catalog,
                                             const catalog::Picture& picture) {
  std::vector<storage::StoreRule> rules;
  picture.VisitChildren(catalog::Kind::kExternalLocation, picture.metastore().id, {},
                        [&](const catalog::SecurablePtr& location) {
                          const auto& url = location->As<catalog::ExternalLocation>().url;
                          if (catalog::KindOfUrl(url) != catalog::UrlKind::kS3) return true;
                          Result<storage::StoreRule> rule = RuleOf(catalog, picture, *location);
                          if (rule) {
                            rules.push_back(*std::move(rule));
                          } else {
                            log::Warn("external location '{}' cannot be read: {}", location->name,
                                      rule.error().message);
                          }
                          return true;
                        });
  return rules;
}

}  // namespace sluice::unity
