// w.tokens. Source: databricks-sdk, settings.TokensAPI.
#include "catalog/access_tokens.h"
#include "catalog/errors.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

constexpr size_t kMostScopes = 100;

json::Object TokenJson(const catalog::AccessToken& token) {
  json::Object object{{"token_id", token.id},
                      {"creation_time", ToUnixMillis(token.created_at)},
                      {"expiry_time", token.expires_at ? ToUnixMillis(*token.expires_at) : -1}};
  PutText(object, "comment", token.comment);
  return object;
}

Result<net::Response> CreateToken(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::AccessTokenRequest wanted;
  wanted.principal = TRY(fields.Text("principal"));
  wanted.comment = TRY(fields.Text("comment")).value_or("");
  if (const auto seconds = TRY(fields.Int("lifetime_seconds"))) {
    wanted.lifetime = std::chrono::seconds(*seconds);
  }
  // Nothing comes of these, but what is wrong of them is said.
  TRY(fields.Flag("autoscope_enabled"));
  if (TRY(fields.Texts("scopes")).size() > kMostScopes) {
    return catalog::InvalidParameter("scopes: at most 100.");
  }
  const catalog::NewAccessToken made =
      TRY(catalog::CreateAccessToken(services.catalog, CallerOf(services, request), wanted));
  return JsonResponse(
      json::Object{{"token_value", made.token}, {"token_info", TokenJson(made.info)}});
}

Result<net::Response> ListTokens(const Services& services, const net::Request& request) {
  json::Array tokens;
  for (const catalog::AccessToken& token :
       catalog::ListAccessTokens(services.catalog, CallerOf(services, request))) {
    tokens.push_back(TokenJson(token));
  }
  return JsonResponse(json::Object{{"token_infos", std::move(tokens)}});
}

Result<net::Response> DeleteToken(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const std::string id = TRY(body.fields().RequiredText("RevokeDbToken", "token_id"));
  TRY(catalog::DeleteAccessToken(services.catalog, CallerOf(services, request), id));
  return JsonResponse(json::Object());
}

// {"token": {...}, "update_mask": "comment"}; the rest of a token cannot be changed.
Result<net::Response> UpdateToken(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const std::optional<Fields> token = TRY(body.fields().Object("token"));
  if (!token) return catalog::MissingField("UpdateToken", "token");
  const std::string mask = TRY(body.fields().RequiredText("UpdateToken", "update_mask"));
  if (mask != "comment") {
    return catalog::InvalidParameter("update_mask: only 'comment' can be changed.");
  }
  const catalog::AccessToken updated = TRY(catalog::UpdateAccessToken(
      services.catalog, CallerOf(services, request), request.Param("token_id"),
      TRY(token->Text("comment")).value_or("")));
  return JsonResponse(TokenJson(updated));
}

}  // namespace

// The answer to createToken has a secret, the bodies of requests have none.
Rows TokenRoutes(const Services& services) {
  using enum net::Method;
  using enum net::Work;
  constexpr auto kUser = net::Access::kUser;
  return {
      {kPost, "/2.0/token/create", kUser, kStorage, With(services, CreateToken), "generateDbToken",
       Describe({"principal", "comment", "lifetime_seconds"})},
      {kGet, "/2.0/token/list", kUser, kMemory, With(services, ListTokens), "listTokens"},
      {kPost, "/2.0/token/delete", kUser, kStorage, With(services, DeleteToken), "revokeDbToken",
       Describe({"token_id"})},
      {kPatch, "/2.0/token/{token_id}", kUser, kStorage, With(services, UpdateToken), "updateToken",
       Describe({"update_mask"})},
  };
}

}  // namespace sluice::unity
