// Providers. Source: databricks-sdk, sharing.ProvidersAPI. What a provider shares is asked of its
// server, with the token of the profile that it gave us.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "catalog/providers.h"
#include "net/http_client.h"
#include "unity/body.h"
#include "unity/description.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

using catalog::AuthenticationType;
using catalog::Kind;

constexpr Millis kPatience{10'000};
constexpr ByteCount kLargestAnswer = MiB(4);
constexpr size_t kMostTables = 1000;
constexpr size_t kMostPages = 100;
// Of items on a page: servers refuse to be asked for more (Delta Sharing PROTOCOL.md, maxResults).
constexpr size_t kLargestPage = 500;

constexpr std::array<std::pair<AuthenticationType, std::string_view>, 4> kTypes = {
    {{AuthenticationType::kToken, "TOKEN"},
     {AuthenticationType::kDatabricks, "DATABRICKS"},
     {AuthenticationType::kOidcFederation, "OIDC_FEDERATION"},
     {AuthenticationType::kOauthClientCredentials, "OAUTH_CLIENT_CREDENTIALS"}}};

json::Object Render(const catalog::Picture& picture, const catalog::Securable& securable) {
  const auto& provider = securable.As<catalog::Provider>();
  json::Object object;
  object["name"] = securable.name;
  for (const auto& [type, name] : kTypes) {
    if (type == provider.authentication_type) object["authentication_type"] = name;
  }
  if (!provider.endpoint.empty()) {
    json::Object profile;
    profile["endpoint"] = provider.endpoint;
    profile["share_credentials_version"] = provider.share_credentials_version;
    object["recipient_profile"] = std::move(profile);
  }
  PutText(object, "data_provider_global_metastore_id", provider.data_provider_global_metastore_id);
  PutCommon(object, picture, securable);
  return object;
}

Result<net::Response> Answer(const Services& services, const catalog::Id& id,
                             std::string_view name) {
  const Seen seen = TRY(FindMade(services, {Kind::kProvider, name}, id));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> List(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const auto wanted = request.query.Find("data_provider_global_metastore_id");
  const auto picture = services.catalog.Now();
  const auto access = AccessOf(*picture, services.catalog, CallerOf(services, request));
  picture->VisitChildren(Kind::kProvider, picture->metastore().id, page.after(),
                         [&](const catalog::SecurablePtr& one) {
                           std::optional<json::Object> item;
                           const auto& id =
                               one->As<catalog::Provider>().data_provider_global_metastore_id;
                           const bool fits = !wanted || wanted->empty() || *wanted == id;
                           if (fits && access.May(catalog::Action::kSee, *one).allowed)
                             item = Render(*picture, *one);
                           return page.Take(one->name, std::move(item));
                         });
  return std::move(page).Finish("providers");
}

Result<net::Response> Create(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::NewProvider wanted;
  wanted.name = TRY(fields.RequiredText("CreateProvider", "name"));
  const std::string type = TRY(fields.RequiredText("CreateProvider", "authentication_type"));
  const auto* found = std::ranges::find(kTypes, type, &decltype(kTypes)::value_type::second);
  if (found == kTypes.end()) {
    return catalog::InvalidParameter("authentication_type is not one that is known.");
  }
  wanted.authentication_type = found->first;
  wanted.comment = TRY(fields.Text("comment")).value_or("");
  wanted.profile = TRY(fields.Text("recipient_profile_str")).value_or("");
  const catalog::Id id =
      TRY(catalog::CreateProvider(services.catalog, CallerOf(services, request), wanted));
  return Answer(services, id, wanted.name);
}

Result<net::Response> Get(const Services& services, const net::Request& request) {
  const Seen seen = TRY(FindSeen(services, request, {Kind::kProvider, request.Param("name")}));
  return JsonResponse(Render(*seen.picture, *seen.securable));
}

Result<net::Response> Update(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::ProviderChange change;
  change.common = TRY(CommonChangeOf(fields));
  change.profile = TRY(fields.Text("recipient_profile_str"));
  const auto name = request.Param("name");
  const catalog::Id id =
      TRY(catalog::UpdateProvider(services.catalog, CallerOf(services, request), name, change));
  return Answer(services, id, name);
}

Result<net::Response> Delete(const Services& services, const net::Request& request) {
  TRY(catalog::DeleteProvider(services.catalog, CallerOf(services, request),
                              request.Param("name")));
  return EmptyResponse();
}

std::unexpected<Error> BadAnswer(std::string detail) {
  return Fail(Code::kUnavailable, "The provider's server gave no answer that is understood.",
              std::move(detail));
}

// What a provider's server answers to GET {path}, which begins with '/'.
Result<json::Value> AskProvider(const catalog::ProviderAccess& provider, const std::string& path) {
  net::HttpClient client;
  net::ClientRequest ask{
      .url = provider.endpoint + path, .headers = {}, .body = {}, .timeout = kPatience};
  ask.headers.Add("Authorization", "Bearer " + provider.bearer_token);
  const Result<net::ClientResponse> answer = client.Call(ask, kLargestAnswer);
  if (!answer) return BadAnswer(answer.error().detail);
  if (answer->status == 401 || answer->status == 403) {
    return Fail(Code::kPermissionDenied, "The provider's server refuses our token.");
  }
  if (answer->status == 400) {
    return catalog::InvalidParameter("The provider's server refuses the question as it is put.");
  }
  if (answer->status == 404) return Fail(Code::kNotFound, "The provider has no such share.");
  if (answer->status != 200) return BadAnswer(fmt::format("status {}", answer->status));
  Result<json::Value> value = json::Parse(answer->body, {.size = kLargestAnswer, .depth = 20});
  if (!value || !value->is_object()) return BadAnswer("no JSON object");
  return value;
}

std::string TextIn(const json::Object& object, std::string_view name) {
  const json::Value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->as_string().data(), value->as_string().size());
}

// Paging is the provider's: its tokens go through as they are.
Result<std::string> SharesPath(const net::Request& request) {
  std::string path = "/shares";
  char before = '?';
  const auto add = [&](std::string_view name, std::string_view value) {
    path += fmt::format("{}{}={}", before, name, PercentEncode(value));
    before = '&';
  };
  const size_t most = TRY(ReadMost(request, "max_results", kLargestPage));
  const std::string_view asked = request.query.Find("max_results").value_or("0");
  if (asked != "0") add("maxResults", std::to_string(most));
  const std::string_view token = request.query.Find("page_token").value_or("");
  if (!token.empty()) add("pageToken", token);
  return path;
}

Result<net::Response> ListShares(const Services& services, const net::Request& request) {
  const std::string path = TRY(SharesPath(request));
  const catalog::ProviderAccess provider = TRY(
      catalog::OpenProvider(services.catalog, CallerOf(services, request), request.Param("name")));
  const json::Value answer = TRY(AskProvider(provider, path));
  json::Array shares;
  const json::Value* items = answer.as_object().if_contains("items");
  if (items != nullptr && items->is_array()) {
    for (const json::Value& item : items->as_array()) {
      if (!item.is_object()) continue;
      json::Object share;
      share["name"] = TextIn(item.as_object(), "name");
      shares.push_back(std::move(share));
    }
  }
  json::Object body;
  body["shares"] = std::move(shares);
  PutText(body, "next_page_token", TextIn(answer.as_object(), "nextPageToken"));
  return JsonResponse(std::move(body));
}

json::Object TableAsset(const json::Object& table) {
  json::Object asset;
  for (const std::string_view name : {"name", "schema", "share", "id"}) {
    PutText(asset, name, TextIn(table, name));
  }
  PutText(asset, "share_id", TextIn(table, "shareId"));
  return asset;
}

// The answer has no pages: the provider's are read until there are enough tables.
Result<json::Array> TablesOfShare(const catalog::ProviderAccess& provider, std::string_view share,
                                  size_t most) {
  json::Array tables;
  std::string token;
  for (size_t page = 0; page < kMostPages; ++page) {
    std::string path = fmt::format("/shares/{}/all-tables?maxResults={}", PercentEncode(share),
                                   std::min(most - tables.size(), kLargestPage));
    if (!token.empty()) path += "&pageToken=" + PercentEncode(token);
    const json::Value answer = TRY(AskProvider(provider, path));
    const json::Value* items = answer.as_object().if_contains("items");
    if (items != nullptr && items->is_array()) {
      for (const json::Value& item : items->as_array()) {
        if (tables.size() == most) return tables;
        if (item.is_object()) tables.push_back(TableAsset(item.as_object()));
      }
    }
    token = TextIn(answer.as_object(), "nextPageToken");
    if (token.empty() || tables.size() == most) return tables;
  }
  return BadAnswer(fmt::format("more than {} pages", kMostPages));
}

Result<net::Response> ListAssets(const Services& services, const net::Request& request) {
  const size_t most = TRY(ReadMost(request, "table_max_results", kMostTables));
  const catalog::ProviderAccess provider = TRY(
      catalog::OpenProvider(services.catalog, CallerOf(services, request), request.Param("name")));
  const std::string_view share = request.Param("share");
  json::Array tables = TRY(TablesOfShare(provider, share, most));
  return JsonResponse(json::Object{{"share", json::Object{{"name", share}}},
                                   {"tables", std::move(tables)},
                                   {"volumes", json::Array()},
                                   {"functions", json::Array()},
                                   {"notebooks", json::Array()}});
}

// Where the provider's server is; the rest of a profile is a secret.
void TellProfile(const json::Object& body, net::Facts& facts) {
  const std::string text = TextIn(body, "recipient_profile_str");
  if (text.empty()) return;
  json::Object told;
  const Result<json::Value> profile = json::Parse(text);
  if (profile && profile->is_object()) {
    const std::string endpoint = TextIn(profile->as_object(), "endpoint");
    // What is not taken as an endpoint may be a secret in the wrong place.
    if (endpoint.find_first_of("@?#") == std::string::npos) PutText(told, "endpoint", endpoint);
    const json::Value* version = profile->as_object().if_contains("shareCredentialsVersion");
    if (version != nullptr && version->is_int64()) told["share_credentials_version"] = *version;
  }
  facts.emplace_back("recipient_profile", json::Serialize(told));
}

}  // namespace

Rows ProviderRoutes(const Services& services) {
  using enum net::Method;
  using net::Access, net::Work;
  const std::string all = "/2.1/unity-catalog/providers";
  const std::string one = all + "/{name}";
  const auto row = [&](net::Method method, const std::string& path, Work work, auto operation,
                       std::string_view name) {
    return net::Route{method, path, Access::kUser, work, With(services, operation), name};
  };
  Rows rows;
  rows.push_back(row(kGet, all, Work::kMemory, List, "listProviders"));
  rows.push_back(row(kPost, all, Work::kStorage, Create, "createProvider"));
  rows.back().describe = Describe({"name", "authentication_type", "comment"}, TellProfile);
  rows.push_back(row(kGet, one, Work::kMemory, Get, "getProvider"));
  rows.push_back(row(kPatch, one, Work::kStorage, Update, "updateProvider"));
  rows.back().describe = Describe({"new_name", "owner", "comment", "properties"}, TellProfile);
  rows.push_back(row(kDelete, one, Work::kStorage, Delete, "deleteProvider"));
  rows.push_back(row(kGet, one + "/shares", Work::kStorage, ListShares, "listProviderShares"));
  rows.push_back(row(kGet, "/2.1/data-sharing/providers/{name}/shares/{share}", Work::kStorage,
                     ListAssets, "listProviderShareAssets"));
  return rows;
}

}  // namespace sluice::unity
