#include "unity/recipient_json.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "catalog/activation.h"
#include "catalog/errors.h"
#include "catalog/recipients.h"
#include "unity/list.h"

namespace sluice::unity {
namespace {

using catalog::AuthenticationType;

constexpr std::array<std::pair<AuthenticationType, std::string_view>, 4> kTypes = {{
    {AuthenticationType::kToken, "TOKEN"},
    {AuthenticationType::kDatabricks, "DATABRICKS"},
    {AuthenticationType::kOidcFederation, "OIDC_FEDERATION"},
    {AuthenticationType::kOauthClientCredentials, "OAUTH_CLIENT_CREDENTIALS"},
}};

json::Array Texts(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

void PutTime(json::Object& object, std::string_view name, const std::optional<TimePoint>& time) {
  if (time) object[name] = ToUnixMillis(*time);
}

void PutAddresses(json::Object& object, const catalog::Recipient& recipient) {
  json::Object lists;
  if (!recipient.allowed_ip_addresses.empty()) {
    lists["allowed_ip_addresses"] = Texts(recipient.allowed_ip_addresses);
  }
  if (!recipient.denied_ip_addresses.empty()) {
    lists["denied_ip_addresses"] = Texts(recipient.denied_ip_addresses);
  }
  if (!lists.empty()) object["ip_access_list"] = std::move(lists);
}

json::Object TokenJson(const catalog::RecipientToken& token,
                       const std::optional<TimePoint>& recipient_ends,
                       const std::string& activation_url) {
  json::Object object;
  object["id"] = token.id;
  object["created_at"] = ToUnixMillis(token.created_at);
  PutText(object, "created_by", token.created_by);
  object["updated_at"] = ToUnixMillis(token.updated_at);
  PutText(object, "updated_by", token.updated_by);
  // Of a token that is still to come only the recipient's end is known.
  PutTime(object, "expiration_time", token.hash ? token.expires_at : recipient_ends);
  PutText(object, "activation_url", activation_url);
  return object;
}

}  // namespace

std::string PublicOrigin(const Services& services, const net::Request& request) {
  const std::string& configured = services.options.public_url;
  return configured.empty() ? request.Origin() : configured;
}

std::string_view AuthenticationTypeName(AuthenticationType type) {
  for (const auto& [known, name] : kTypes) {
    if (known == type) return name;
  }
  return "TOKEN";
}

Result<AuthenticationType> ParseAuthenticationType(std::string_view name) {
  for (const auto& [type, known] : kTypes) {
    if (known == name) return type;
  }
  if (name == "EMAIL") {
    return Fail(Code::kUnsupported, "authentication_type EMAIL is not supported yet.");
  }
  return catalog::InvalidParameter(fmt::format("There is no authentication_type '{}'.", name));
}

json::Object RecipientJson(const Services& services, const net::Request& request,
                           const catalog::Picture& picture, const catalog::Securable& recipient) {
  const auto& details = recipient.As<catalog::Recipient>();
  json::Object object;
  object["name"] = recipient.name;
  object["id"] = recipient.id;
  object["authentication_type"] = AuthenticationTypeName(details.authentication_type);
  PutCommon(object, picture, recipient);
  // Of the recipient, not of this server.
  object.erase("metastore_id");
  PutText(object, "data_recipient_global_metastore_id", details.data_recipient_global_metastore_id);
  PutText(object, "sharing_code", details.sharing_code);
  if (const auto id = catalog::ParseGlobalMetastoreId(details.data_recipient_global_metastore_id)) {
    object["cloud"] = id->cloud;
    object["region"] = id->region;
    object["metastore_id"] = id->metastore;
  }
  PutAddresses(object, details);
  if (!recipient.properties.empty()) {
    json::Object properties;
    PutMap(properties, "properties", recipient.properties);
    object["properties_kvpairs"] = std::move(properties);
  }
  PutTime(object, "expiration_time", details.expires_at);
  if (details.requests_per_second) object["requests_per_second"] = *details.requests_per_second;
  object["activated"] = details.tokens.empty() || details.tokens.back().hash.has_value();
  json::Array tokens;
  for (const catalog::RecipientToken& token : details.tokens) {
    std::string link;
    if (const auto nonce = catalog::NonceOfToken(services.catalog, token)) {
      link = PublicOrigin(services, request) + "/activate/" + *nonce;
      object["activation_url"] = link;
    }
    tokens.push_back(TokenJson(token, details.expires_at, link));
  }
  if (!tokens.empty()) object["tokens"] = std::move(tokens);
  return object;
}

net::Facts RecipientOfLink(const Services& services, std::string_view nonce) {
  const auto found = services.catalog.Now()->FindActivation(crypto::Sha256(nonce));
  if (!found) return {};
  return {{"recipient_name", found->recipient->name}, {"recipient_id", found->recipient->id}};
}

}  // namespace sluice::unity
