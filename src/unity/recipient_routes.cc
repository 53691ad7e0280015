// w.recipients. Source: databricks-sdk, sharing.RecipientsAPI.
#include "catalog/access.h"
#include "catalog/errors.h"
#include "catalog/recipients.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/recipient_json.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

constexpr std::string_view kAll = "/2.1/unity-catalog/recipients";
constexpr std::string_view kOne = "/2.1/unity-catalog/recipients/{name}";
constexpr std::string_view kRotate = "/2.1/unity-catalog/recipients/{name}/rotate-token";

// The two lists of "ip_access_list". Databricks' clients know the allowed ones alone, and say
// "none" by leaving out an empty list. Our own "denied_ip_addresses" stay as they are where they
// are not given, and so do the allowed ones where those are given alone.
struct AddressLists {
  std::optional<std::vector<std::string>> allowed;
  std::optional<std::vector<std::string>> denied;
};

Result<AddressLists> ReadAddresses(const Fields& fields) {
  AddressLists lists;
  const std::optional<Fields> given = TRY(fields.Object("ip_access_list"));
  if (!given) return lists;
  const bool denied = given->Has("denied_ip_addresses");
  if (denied) lists.denied = TRY(given->Texts("denied_ip_addresses"));
  if (!denied || given->Has("allowed_ip_addresses")) {
    lists.allowed = TRY(given->Texts("allowed_ip_addresses"));
  }
  return lists;
}

// "properties_kvpairs": {"properties": {...}}. Given without the inner one: no properties.
Result<std::optional<catalog::Properties>> ReadProperties(const Fields& fields) {
  const std::optional<Fields> given = TRY(fields.Object("properties_kvpairs"));
  if (!given) return std::nullopt;
  std::optional<catalog::Properties> properties = TRY(given->Map("properties"));
  return properties ? *std::move(properties) : catalog::Properties{};
}

Result<std::optional<TimePoint>> ReadExpiration(const Fields& fields) {
  const std::optional<int64_t> millis = TRY(fields.Int("expiration_time"));
  if (!millis) return std::nullopt;
  return FromUnixMillis(*millis);
}

net::Response Answer(const Services& services, const net::Request& request,
                     const catalog::Securable& recipient) {
  const auto picture = services.catalog.Now();
  return JsonResponse(RecipientJson(services, request, *picture, recipient));
}

Result<net::Response> CreateRecipient(const Services& services, const net::Request& request) {
  constexpr std::string_view kOperation = "CreateRecipient";
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::NewRecipient made;
  made.name = TRY(fields.RequiredText(kOperation, "name"));
  const std::string type = TRY(fields.RequiredText(kOperation, "authentication_type"));
  made.authentication_type = TRY(ParseAuthenticationType(type));
  made.owner = TRY(fields.Text("owner"));
  made.comment = TRY(fields.Text("comment")).value_or("");
  made.expires_at = TRY(ReadExpiration(fields));
  AddressLists addresses = TRY(ReadAddresses(fields));
  made.allowed_ip_addresses = std::move(addresses.allowed).value_or(std::vector<std::string>());
  made.denied_ip_addresses = std::move(addresses.denied).value_or(std::vector<std::string>());
  made.properties = TRY(ReadProperties(fields)).value_or(catalog::Properties());
  made.requests_per_second = TRY(fields.Int("requests_per_second"));
  made.data_recipient_global_metastore_id =
      TRY(fields.Text("data_recipient_global_metastore_id")).value_or("");
  made.sharing_code = TRY(fields.Text("sharing_code")).value_or("");
  const catalog::SecurablePtr recipient =
      TRY(catalog::CreateRecipient(services.catalog, CallerOf(services, request), std::move(made),
                                   services.options.activation_lifetime));
  return Answer(services, request, *recipient);
}

Result<net::Response> GetRecipient(const Services& services, const net::Request& request) {
  const catalog::SecurablePtr recipient = TRY(
      catalog::FindRecipient(services.catalog, CallerOf(services, request), request.Param("name")));
  return Answer(services, request, *recipient);
}

Result<net::Response> ListRecipients(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const auto picture = services.catalog.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal,
                               services.clock.Now());
  const std::string_view wanted =
      request.query.Find("data_recipient_global_metastore_id").value_or("");
  picture->VisitChildren(catalog::Kind::kRecipient, picture->metastore().id, page.after(),
                         [&](const catalog::SecurablePtr& recipient) {
                           const auto& details = recipient->As<catalog::Recipient>();
                           const bool fits = wanted.empty() ||
                                             details.data_recipient_global_metastore_id == wanted;
                           std::optional<json::Object> item;
                           if (fits && access.May(catalog::Action::kSee, *recipient).allowed) {
                             item = RecipientJson(services, request, *picture, *recipient);
                           }
                           return page.Take(recipient->name, std::move(item));
                         });
  return std::move(page).Finish("recipients");
}

Result<net::Response> UpdateRecipient(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::RecipientChange change;
  change.new_name = TRY(fields.Text("new_name"));
  change.owner = TRY(fields.Text("owner"));
  change.comment = TRY(fields.Text("comment"));
  change.expires_at = TRY(ReadExpiration(fields));
  AddressLists addresses = TRY(ReadAddresses(fields));
  change.allowed_ip_addresses = std::move(addresses.allowed);
  change.denied_ip_addresses = std::move(addresses.denied);
  change.properties = TRY(ReadProperties(fields));
  change.requests_per_second = TRY(fields.Int("requests_per_second"));
  const catalog::SecurablePtr recipient = TRY(catalog::UpdateRecipient(
      services.catalog, CallerOf(services, request), request.Param("name"), change));
  return Answer(services, request, *recipient);
}

Result<net::Response> DeleteRecipient(const Services& services, const net::Request& request) {
  TRY(catalog::DeleteRecipient(services.catalog, CallerOf(services, request),
                               request.Param("name")));
  return JsonResponse(json::Object());
}

Result<net::Response> RotateRecipientToken(const Services& services, const net::Request& request) {
  constexpr std::string_view kField = "existing_token_expire_in_seconds";
  const Body body = TRY(Body::Parse(request));
  const std::optional<int64_t> seconds = TRY(body.fields().Int(kField));
  if (!seconds) return catalog::MissingField("RotateRecipientToken", kField);
  const catalog::SecurablePtr recipient = TRY(catalog::RotateRecipientToken(
      services.catalog, CallerOf(services, request), request.Param("name"),
      std::chrono::seconds(*seconds), services.options.activation_lifetime));
  return Answer(services, request, *recipient);
}

}  // namespace

Rows RecipientRoutes(const Services& services) {
  using enum net::Method;
  using enum net::Access;
  using enum net::Work;
  // Not told: sharing_code, which is a secret until it was used.
  const auto made = Describe({"name", "authentication_type", "owner", "comment", "expiration_time",
                              "ip_access_list", "properties_kvpairs", "requests_per_second",
                              "data_recipient_global_metastore_id"});
  const auto changed = Describe({"new_name", "owner", "comment", "expiration_time",
                                 "ip_access_list", "properties_kvpairs", "requests_per_second"});
  const auto rotated = Describe({"existing_token_expire_in_seconds"});
  const auto row = [&](net::Method method, std::string_view pattern, net::Work work, auto operation,
                       std::string_view name, auto describe) {
    return net::Route{.method = method,
                      .pattern = std::string(pattern),
                      .access = kUser,
                      .work = work,
                      .handler = With(services, operation),
                      .operation = name,
                      .describe = std::move(describe)};
  };
  return {
      row(kPost, kAll, kStorage, CreateRecipient, "createRecipient", made),
      row(kGet, kAll, kMemory, ListRecipients, "listRecipients", nullptr),
      row(kGet, kOne, kMemory, GetRecipient, "getRecipient", nullptr),
      row(kPatch, kOne, kStorage, UpdateRecipient, "updateRecipient", changed),
      row(kDelete, kOne, kStorage, DeleteRecipient, "deleteRecipient", nullptr),
      row(kPost, kRotate, kStorage, RotateRecipientToken, "rotateRecipientToken", rotated),
  };
}

}  // namespace sluice::unity
