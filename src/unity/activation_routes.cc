// w.recipient_activation: how a program opens an activation link. Source: databricks-sdk,
// sharing.RecipientActivationAPI; OpenSharing's server, "Activation".
//
// Who holds a link needs no token. The rows are of kSignedLink and not of kPublic, so that no log
// shows their paths: a link that was only looked at can still be used.
#include "base/timestamp.h"
#include "catalog/activation.h"
#include "unity/list.h"
#include "unity/recipient_json.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

// The SDK puts whatever it was given into the path as it is, a whole link too.
constexpr std::string_view kInfo = "/2.1/unity-catalog/public/data_sharing_activation_info/";
constexpr std::string_view kRetrieve = "/2.1/unity-catalog/public/data_sharing_activation/";
constexpr std::string_view kNonce = "{activation_url}";
constexpr std::string_view kWholeLink = "{scheme}//{host}/activate/{nonce}";
constexpr std::string_view kWholeLinkThroughProxy = "{scheme}/{host}/activate/{nonce}";
constexpr std::string_view kOpenSharing = "/2.1/opensharing/activation/{nonce}";

std::string_view NonceOf(const net::Request& request) {
  return request.params.empty() ? std::string_view()
                                : catalog::NonceOfLink(request.params.back().second);
}

// {}: the link is good.
Result<net::Response> GetActivationUrlInfo(const Services& services, const net::Request& request) {
  const catalog::Activation activation =
      TRY(catalog::ActivationInfo(services.catalog, NonceOf(request), request.client));
  TRY(catalog::CheckIsReady(activation));
  return JsonResponse(json::Object());
}

// Uses the link up: this path is for programs, people get a page with a button.
Result<net::Response> RetrieveToken(const Services& services, const net::Request& request) {
  const catalog::MintedToken minted =
      TRY(catalog::Activate(services.catalog, NonceOf(request), request.client));
  json::Object profile;
  profile["shareCredentialsVersion"] = 1;
  profile["bearerToken"] = minted.token;
  profile["endpoint"] = PublicOrigin(services, request) + services.options.sharing_prefix;
  profile["expirationTime"] = FormatTimestamp(minted.expires_at);
  net::Response response = JsonResponse(std::move(profile));
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

}  // namespace

Rows ActivationRoutes(const Services& services) {
  Rows rows;
  const auto add = [&](const std::string& pattern, net::Work work, auto operation,
                       std::string_view name) {
    rows.push_back({.method = net::Method::kGet,
                    .pattern = pattern,
                    .access = net::Access::kSignedLink,
                    .work = work,
                    .handler = With(services, operation),
                    .operation = name,
                    .describe = [&services](const net::Request& request) {
                      return RecipientOfLink(services, NonceOf(request));
                    }});
  };
  const auto retrieve = [&](const std::string& pattern) {
    add(pattern, net::Work::kStorage, RetrieveToken, "retrieveRecipientToken");
  };
  for (const std::string_view link : {kNonce, kWholeLink, kWholeLinkThroughProxy}) {
    add(std::string(kInfo) + std::string(link), net::Work::kMemory, GetActivationUrlInfo,
        "getActivationUrlInfo");
    retrieve(std::string(kRetrieve) + std::string(link));
  }
  retrieve(std::string(kOpenSharing));
  return rows;
}

}  // namespace sluice::unity
