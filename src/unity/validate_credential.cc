#include "unity/validate_credential.h"

#include <fmt/format.h>

#include <algorithm>

#include "catalog/errors.h"
#include "catalog/external_locations.h"
#include "unity/body.h"
#include "unity/credential_content.h"
#include "unity/list.h"
#include "unity/securable_requests.h"
#include "unity/store_rules.h"

namespace sluice::unity {
namespace {

using catalog::Kind;

// What is to be tried: a place, and with what.
struct Trial {
  std::string url;
  catalog::CredentialType type = catalog::CredentialType::kLocal;
  storage::StoreRule rule;
};

Result<std::string> PlaceOf(const Services& services, const net::Request& request,
                            const Fields& fields, std::string& credential_name) {
  const std::string location_name = TRY(fields.Text("external_location_name")).value_or("");
  std::string url = TRY(fields.Text("url")).value_or("");
  if (location_name.empty()) {
    if (url.empty()) return catalog::MissingField("ValidateStorageCredential", "url");
    const auto picture = services.catalog.Now();
    const auto access = AccessOf(*picture, services.catalog, CallerOf(services, request));
    return catalog::NormalUrl(url, services.options.local_roots, access);
  }
  const Seen seen = TRY(FindSeen(services, request, {Kind::kExternalLocation, location_name}));
  const auto& location = seen.securable->As<catalog::ExternalLocation>();
  if (credential_name.empty()) {
    const catalog::Securable* credential = seen.picture->Find(location.credential);
    if (credential != nullptr) credential_name = credential->name;
  }
  return location.url;
}

// A credential of the catalog: for those who may make locations with it.
Result<storage::S3Options> OptionsOfNamed(const Services& services, const net::Request& request,
                                          std::string_view name, Trial& trial) {
  const Seen seen = TRY(FindSeen(services, request, {Kind::kStorageCredential, name}));
  const auto access = AccessOf(*seen.picture, services.catalog, CallerOf(services, request));
  const auto& metastore = seen.picture->metastore();
  const auto held = access.Holds(catalog::Privilege::kCreateExternalLocation, *seen.securable);
  const auto makes = access.MayCreate(Kind::kExternalLocation, metastore);
  if (!access.IsMetastoreAdmin() && !access.Owns(*seen.securable)) {
    if (!held.allowed) return catalog::Denied(held);
    if (!makes.allowed) return catalog::Denied(makes);
  }
  const auto& credential = seen.securable->As<catalog::StorageCredential>();
  trial.type = credential.type;
  const catalog::Properties secrets = TRY(catalog::SecretsOf(services.catalog, *seen.securable));
  return S3OptionsOf(credential, seen.securable->id, secrets);
}

// A credential that is not in the catalog yet: for those who may make one.
Result<storage::S3Options> OptionsOfGiven(const Services& services, const net::Request& request,
                                          const catalog::CredentialContent& content, Trial& trial) {
  const auto picture = services.catalog.Now();
  const auto access = AccessOf(*picture, services.catalog, CallerOf(services, request));
  const auto decision = access.MayCreate(Kind::kStorageCredential, picture->metastore());
  if (!decision.allowed) return catalog::Denied(decision);
  trial.type = content.type;
  const catalog::StorageCredential credential{.type = content.type, .settings = content.settings};
  return S3OptionsOf(credential, picture->metastore().id, content.secrets);
}

Result<Trial> TrialOf(const Services& services, const net::Request& request, const Fields& fields) {
  Trial trial;
  std::string name = TRY(fields.Text("storage_credential_name")).value_or("");
  trial.url = TRY(PlaceOf(services, request, fields, name));
  const auto content = TRY(ContentOf(fields, "ValidateStorageCredential"));
  if (name.empty() && !content) {
    return catalog::MissingField("ValidateStorageCredential", "storage_credential_name");
  }
  trial.rule.name = "validation";
  trial.rule.prefix = trial.url;
  trial.rule.s3 = content ? TRY(OptionsOfGiven(services, request, *content, trial))
                          : TRY(OptionsOfNamed(services, request, name, trial));
  TRY(CheckIsSupported(trial.url));
  if (!catalog::Fits(trial.type, catalog::KindOfUrl(trial.url))) {
    return catalog::InvalidParameter("The storage credential is not of a kind for this url.");
  }
  return trial;
}

json::Object Outcome(std::string_view operation, std::string_view result,
                     std::string_view message) {
  json::Object object;
  object["operation"] = operation;
  object["result"] = result;
  PutText(object, "message", message);
  return object;
}

json::Object OutcomeOf(std::string_view operation, const Status& status) {
  // Messages of storage hold no place and no key.
  return status ? Outcome(operation, "PASS", {})
                : Outcome(operation, "FAIL", status.error().message);
}

Status ReadOne(const storage::ObjectStore& store, const storage::ObjectInfo& object) {
  const uint64_t length = std::min<uint64_t>(object.size.value, 1);
  TRY(store.ReadRange(object.key, {.offset = 0, .length = length}));
  return {};
}

}  // namespace

Result<net::Response> ValidateCredential(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Trial trial = TRY(TrialOf(services, request, body.fields()));
  if (services.stores == nullptr) {
    return Fail(Code::kUnsupported, "This server cannot validate storage credentials.");
  }
  const auto store = TRY(services.stores->OpenApart(trial.url, trial.rule));
  const auto listed = store->List("");
  json::Array results;
  results.push_back(OutcomeOf("LIST", listed ? Status() : Status(std::unexpected(listed.error()))));
  if (listed && !listed->empty()) {
    results.push_back(OutcomeOf("READ", ReadOne(*store, listed->front())));
  } else {
    results.push_back(Outcome("READ", "SKIP", "No object lies there to be read."));
  }
  for (const std::string_view operation : {"WRITE", "DELETE"}) {
    results.push_back(Outcome(operation, "SKIP", "Nothing is written to try a credential out."));
  }
  json::Object answer;
  answer["isDir"] = listed.has_value();
  answer["results"] = std::move(results);
  return JsonResponse(std::move(answer));
}

}  // namespace sluice::unity
