#include "catalog/providers.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/json.h"
#include "catalog/errors.h"
#include "catalog/quotas.h"

namespace sluice::catalog {
namespace {

constexpr ByteCount kLargestProfile = KiB(64);

std::string SealContext(const Id& provider) { return "provider " + provider; }

// What a profile file says. Delta Sharing PROTOCOL.md, "Profile File Format".
struct Profile {
  int version = 1;
  std::string endpoint;
  std::string bearer_token;
};

// Messages hold nothing of the text: there is a secret in it.
Result<Profile> ParseProfile(std::string_view text) {
  const auto invalid = [](std::string_view why) {
    return InvalidParameter(fmt::format("recipient_profile_str is not a profile file: {}.", why));
  };
  const Result<json::Value> value = json::Parse(text, {.size = kLargestProfile, .depth = 10});
  if (!value || !value->is_object()) return invalid("it is not a JSON object");
  const json::Object& object = value->as_object();
  const auto find = [&](std::string_view name) {
    const json::Value* member = object.if_contains(name);
    return member != nullptr && member->is_string() ? std::string(member->as_string())
                                                    : std::string();
  };
  const json::Value* version = object.if_contains("shareCredentialsVersion");
  if (version == nullptr || !version->is_int64() || version->as_int64() < 1 ||
      version->as_int64() > 2) {
    return invalid("'shareCredentialsVersion' must be 1 or 2");
  }
  Profile profile{.version = static_cast<int>(version->as_int64()),
                  .endpoint = find("endpoint"),
                  .bearer_token = find("bearerToken")};
  while (profile.endpoint.ends_with('/')) profile.endpoint.pop_back();
  const std::string folded = AsciiLower(profile.endpoint);
  if (!folded.starts_with("https://") && !folded.starts_with("http://")) {
    return invalid("'endpoint' must be an http or https url");
  }
  const auto is_odd = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '?' || c == '#' || c == '@';
  };
  if (std::ranges::any_of(profile.endpoint, is_odd)) {
    return invalid("'endpoint' must be a plain url");
  }
  if (profile.version == 1 && profile.bearer_token.empty()) return invalid("no 'bearerToken'");
  return profile;
}

Status PutProfile(Catalog& catalog, const Id& id, const std::string& text, Provider& provider) {
  Profile profile = TRY(ParseProfile(text));
  provider.endpoint = std::move(profile.endpoint);
  provider.share_credentials_version = profile.version;
  provider.profile = catalog.Seal(text, SealContext(id));
  return {};
}

}  // namespace

Result<Id> CreateProvider(Catalog& catalog, const Caller& caller, const NewProvider& wanted) {
  Id id;
  TRY(catalog.Change(caller, [&](Edit& edit) -> Status {
    const Securable& metastore = edit.picture().metastore();
    const Decision decision = AccessOf(edit).MayCreate(Kind::kProvider, metastore);
    if (!decision.allowed) return Denied(decision);
    TRY(CheckNewName(edit.picture(), Kind::kProvider, metastore.id, wanted.name));
    TRY(CheckQuota(edit.picture(), catalog.quotas(), Kind::kProvider, metastore));
    id = edit.NewUuid();
    Provider provider{.authentication_type = wanted.authentication_type};
    const bool is_platform = wanted.authentication_type == AuthenticationType::kDatabricks;
    if (is_platform && !wanted.profile.empty()) {
      return InvalidParameter("A provider of type DATABRICKS has no recipient_profile_str.");
    }
    if (!is_platform) {
      if (wanted.profile.empty()) return MissingField("CreateProvider", "recipient_profile_str");
      TRY(PutProfile(catalog, id, wanted.profile, provider));
    }
    edit.Create(Securable{.id = id,
                          .parent = metastore.id,
                          .name = wanted.name,
                          .owner = OwnerOfNew(edit),
                          .comment = wanted.comment,
                          .details = std::move(provider)});
    return {};
  }));
  return id;
}

Result<Id> UpdateProvider(Catalog& catalog, const Caller& caller, std::string_view name,
                          const ProviderChange& change) {
  const Target target{Kind::kProvider, name};
  if (!change.profile) return UpdateSecurable(catalog, caller, target, change.common);
  const auto apply = [&](Edit& /*edit*/, Securable& securable) {
    return PutProfile(catalog, securable.id, *change.profile, securable.As<Provider>());
  };
  return UpdateSecurable(catalog, caller, target, change.common, apply);
}

Status DeleteProvider(Catalog& catalog, const Caller& caller, std::string_view name) {
  return catalog.Change(caller, [&](Edit& edit) -> Status {
    const Securable* found =
        TRY(FindToDelete(edit.picture(), AccessOf(edit), {Kind::kProvider, name}));
    const Id id = found->id;
    edit.EraseSecurable(id);
    return {};
  });
}

Result<ProviderAccess> OpenProvider(const Catalog& catalog, const Caller& caller,
                                    std::string_view name) {
  const auto picture = catalog.Now();
  const Access access = AccessOf(*picture, catalog, caller);
  const Securable* found = TRY(FindVisible(*picture, access, Kind::kProvider, name));
  const Decision decision = access.May(Action::kUse, *found);
  if (!decision.allowed) return Denied(decision);
  const auto& provider = found->As<Provider>();
  const auto unsupported = [] {
    return Fail(Code::kUnsupported,
                "Only providers whose profile holds a bearer token can be asked for their shares.");
  };
  if (provider.profile.text.empty()) return unsupported();
  const std::string text = TRY(catalog.Unseal(provider.profile, SealContext(found->id)));
  Profile profile = TRY(ParseProfile(text));
  if (profile.bearer_token.empty()) return unsupported();
  return ProviderAccess{std::move(profile.endpoint), std::move(profile.bearer_token)};
}

}  // namespace sluice::catalog
