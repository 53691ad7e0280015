// How a browser signs in with a token, and out. Ours; the portal lives by it.
//
// The rows need no token: who signs in has none yet, and who signs out may have lost the session
// already. The rows of all other APIs take the session that is made here (auth/session_cookie.h).
#include "auth/catalog_authenticator.h"
#include "auth/session_cookie.h"
#include "catalog/access.h"
#include "catalog/errors.h"
#include "catalog/sessions.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/recipient_json.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

constexpr std::string_view kPath = "/2.1/sluice/session";

std::string PrincipalOf(const catalog::TokenHolder& holder) {
  std::string principal(holder.user == nullptr ? auth::kRecipientPrincipal : auth::kUserPrincipal);
  return principal += holder.user == nullptr ? holder.recipient->id : holder.user->id;
}

net::Response NotStored(json::Object object) {
  net::Response response = JsonResponse(std::move(object));
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

// Who called is put on record, as of requests with a token.
void NameCaller(net::Response& response, const catalog::TokenHolder& holder) {
  response.log_fields.emplace_back("principal", json::Serialize(json::Value(PrincipalOf(holder))));
}

net::Response Answer(const Services& services, const catalog::SignedIn& who) {
  const auto& [user, recipient, token_expires_at] = who.holder;
  json::Object object{{"principal_type", user == nullptr ? "recipient" : "user"}};
  object["name"] = user == nullptr ? recipient->name : user->name;
  const bool has_name = user != nullptr && !user->display_name.empty();
  object["display_name"] = has_name ? json::Value(user->display_name) : object["name"];
  object["is_metastore_admin"] =
      user != nullptr &&
      catalog::Access(*who.picture, user->id, services.clock.Now()).IsMetastoreAdmin();
  object["expires_at"] = ToUnixMillis(who.expires_at);
  object["token_expires_at"] =
      token_expires_at ? json::Value(ToUnixMillis(*token_expires_at)) : json::Value(nullptr);
  net::Response response = NotStored(std::move(object));
  NameCaller(response, who.holder);
  return response;
}

Result<net::Response> TokenLogin(const Services& services, const net::Request& request) {
  TRY(auth::CheckSameOrigin(request, PublicOrigin(services, request)));
  const Body body = TRY(Body::Parse(request));
  const std::string token = TRY(body.fields().RequiredText("TokenLogin", "token"));
  const catalog::NewSession made = TRY(catalog::BeginSession(
      services.catalog, {.token = token,
                         .from = request.client,
                         .lifetime = services.options.session_lifetime,
                         .replaces = auth::SessionSecret(request).value_or("")}));
  net::Response response = Answer(services, made.who);
  const auto lasts =
      std::chrono::floor<std::chrono::seconds>(made.who.expires_at - services.clock.Now());
  response.headers.Add("Set-Cookie", auth::SessionCookie(request, made.secret, lasts));
  return response;
}

Result<net::Response> GetSession(const Services& services, const net::Request& request) {
  const auto secret = auth::SessionSecret(request);
  if (!secret) return catalog::NoSession();
  return Answer(services, TRY(catalog::FindSession(services.catalog, *secret, request.client)));
}

// Also where there is no session, or none any more: the browser forgets it.
Result<net::Response> Logout(const Services& services, const net::Request& request) {
  net::Response response = NotStored(json::Object());
  if (const auto secret = auth::SessionSecret(request)) {
    const auto who = catalog::FindSession(services.catalog, *secret, request.client);
    if (who) NameCaller(response, who->holder);
    TRY(catalog::EndSession(services.catalog, *secret));
  }
  response.headers.Add("Set-Cookie", auth::NoSessionCookie(request));
  return response;
}

}  // namespace

// The body of tokenLogin is a secret: nothing of it is described.
Rows SessionRoutes(const Services& services) {
  using enum net::Method;
  using enum net::Work;
  constexpr auto kPublic = net::Access::kPublic;
  const std::string path(kPath);
  Rows rows = {
      {kPost, path, kPublic, kStorage, With(services, TokenLogin), "tokenLogin"},
      {kGet, path, kPublic, kMemory, With(services, GetSession), "getSession"},
      {kDelete, path, kPublic, kStorage, With(services, Logout), "logout"},
  };
  for (net::Route& row : rows) row.limited_by_address = row.method == kPost;
  return rows;
}

}  // namespace sluice::unity
