// w.notification_destinations, and ours beside it: trying one out, and what is sent where. Source:
// databricks-sdk, settings.NotificationDestinationsAPI.
#include "catalog/access.h"
#include "catalog/errors.h"
#include "unity/body.h"
#include "unity/description.h"
#include "unity/list.h"
#include "unity/notifier_of.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

using notify::Destination;
using notify::DestinationType;
using notify::Subscription;

bool IsAdministrator(const Services& services, const net::Request& request) {
  const auto picture = services.catalog.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal,
                               services.clock.Now());
  return access.IsMetastoreAdmin();
}

Status CheckAdministrator(const Services& services, const net::Request& request) {
  if (IsAdministrator(services, request)) return {};
  return Fail(Code::kPermissionDenied,
              "Only metastore admins can manage notification destinations and subscriptions.");
}

std::string_view TypeText(DestinationType type) {
  return type == DestinationType::kEmail ? "EMAIL" : "WEBHOOK";
}

json::Object NameJson(const Destination& destination) {
  return {{"id", destination.id},
          {"display_name", destination.display_name},
          {"destination_type", TypeText(destination.type)}};
}

json::Object DestinationJson(const Destination& destination) {
  json::Object object = NameJson(destination);
  json::Object config;
  if (destination.type == DestinationType::kEmail) {
    json::Array addresses;
    for (const std::string& address : destination.addresses) {
      addresses.push_back(json::Value(address));
    }
    config["email"] = json::Object{{"addresses", std::move(addresses)}};
  } else {
    config["generic_webhook"] = json::Object{{"url_set", true},
                                             {"username_set", destination.has_username},
                                             {"password_set", destination.has_password}};
  }
  object["config"] = std::move(config);
  return object;
}

Result<notify::DestinationChange> ReadChange(const Fields& fields) {
  notify::DestinationChange change;
  change.display_name = TRY(fields.Text("display_name"));
  const auto config = TRY(fields.Object("config"));
  if (!config) return change;
  for (const std::string_view other :
       {"slack", "microsoft_teams", "pagerduty", "databricks_app_slack", "databricks_app_teams"}) {
    if (config->Has(other)) {
      return catalog::InvalidParameter(
          "Destinations here are email and generic_webhook; Slack, Teams and PagerDuty take "
          "webhooks.");
    }
  }
  if (const auto email = TRY(config->Object("email"))) {
    change.addresses = TRY(email->Texts("addresses"));
  }
  if (const auto webhook = TRY(config->Object("generic_webhook"))) {
    change.webhook = true;
    change.url = TRY(webhook->Text("url"));
    change.username = TRY(webhook->Text("username"));
    change.password = TRY(webhook->Text("password"));
  }
  return change;
}

Result<net::Response> CreateDestination(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Body body = TRY(Body::Parse(request));
  const auto made = TRY(notifier.CreateDestination(TRY(ReadChange(body.fields()))));
  json::Object object = DestinationJson(made.destination);
  PutText(object, "signing_secret", made.signing_key);
  return JsonResponse(std::move(object));
}

Result<net::Response> GetDestination(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const auto found = TRY(notifier.FindDestination(std::string(request.Param("id"))));
  return JsonResponse(IsAdministrator(services, request) ? DestinationJson(found)
                                                         : NameJson(found));
}

// There are at most a hundred: one page.
Result<net::Response> ListDestinations(const Services& services, const net::Request& /*request*/) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  json::Array results;
  for (const Destination& one : TRY(notifier.Destinations())) results.push_back(NameJson(one));
  return JsonResponse(json::Object{{"results", std::move(results)}});
}

Result<net::Response> UpdateDestination(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Body body = TRY(Body::Parse(request));
  const auto change = TRY(ReadChange(body.fields()));
  return JsonResponse(
      DestinationJson(TRY(notifier.UpdateDestination(std::string(request.Param("id")), change))));
}

Result<net::Response> DeleteDestination(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  TRY(notifier.DeleteDestination(std::string(request.Param("id"))));
  return JsonResponse(json::Object());
}

Result<net::Response> TestDestination(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const std::string id(request.Param("id"));
  TRY(notifier.FindDestination(id));
  const Status sent = notifier.TestDestination(id);
  json::Object body{{"delivered", sent.has_value()}};
  if (!sent) body["message"] = sent.error().message;
  return JsonResponse(std::move(body));
}

json::Object SubscriptionJson(const catalog::Picture& picture, const Subscription& one) {
  json::Object object{{"id", one.id},
                      {"destination_id", one.destination},
                      {"created_at", ToUnixMillis(one.created_at)}};
  json::Array kinds;
  for (const notify::Kind kind : one.kinds) kinds.push_back(json::Value(notify::KindName(kind)));
  object["kinds"] = std::move(kinds);
  const auto put = [&](std::string_view name, const std::string& id) {
    if (id.empty()) return;
    const catalog::Securable* securable = picture.Find(id);
    object[name] = securable == nullptr ? id : securable->name;
  };
  put("share", one.share_id);
  put("recipient", one.recipient_id);
  return object;
}

// The id of what is named; empty: nothing is.
Result<std::string> IdOf(const catalog::Picture& picture, catalog::Kind kind,
                         const std::optional<std::string>& name) {
  if (!name || name->empty()) return std::string();
  const catalog::Securable* found = picture.FindByName(kind, *name);
  if (found == nullptr) return catalog::DoesNotExist(kind, *name);
  return found->id;
}

Result<net::Response> CreateSubscription(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  const auto picture = services.catalog.Now();
  Subscription wanted;
  wanted.destination = TRY(fields.RequiredText("CreateSubscription", "destination_id"));
  for (const std::string& name : TRY(fields.Texts("kinds"))) {
    const auto kind = notify::ParseKind(name);
    if (!kind) return catalog::InvalidParameter("kinds: '" + name + "' is none.");
    if (*kind == notify::Kind::kUsageReport) {
      return catalog::InvalidParameter("A usage report says itself where it goes.");
    }
    if (!wanted.Wants(*kind)) wanted.kinds.push_back(*kind);
  }
  wanted.share_id = TRY(IdOf(*picture, catalog::Kind::kShare, TRY(fields.Text("share"))));
  wanted.recipient_id =
      TRY(IdOf(*picture, catalog::Kind::kRecipient, TRY(fields.Text("recipient"))));
  const Subscription made = TRY(notifier.Subscribe(std::move(wanted)));
  notifier.Wake();
  return JsonResponse(SubscriptionJson(*picture, made));
}

Result<net::Response> ListSubscriptions(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const auto picture = services.catalog.Now();
  json::Array all;
  for (const Subscription& one : TRY(notifier.Subscriptions())) {
    all.push_back(SubscriptionJson(*picture, one));
  }
  return JsonResponse(json::Object{{"subscriptions", std::move(all)}});
}

Result<net::Response> DeleteSubscription(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  TRY(notifier.Unsubscribe(std::string(request.Param("id"))));
  return JsonResponse(json::Object());
}

// Whom messages go to, as answers tell it: the URL of a webhook is a secret.
void TellConfig(const json::Object& body, net::Facts& facts) {
  const json::Value* given = body.if_contains("config");
  if (given == nullptr || !given->is_object()) return;
  json::Object told;
  for (const auto& [type, content] : given->as_object()) {
    if (!content.is_object()) continue;
    json::Object brief;
    for (const auto& [name, value] : content.as_object()) {
      const bool is_open = type == "email" && name == "addresses";
      brief[name] = is_open ? value : json::Value(kSecretGiven);
    }
    told[type] = std::move(brief);
  }
  facts.emplace_back("config", json::Serialize(told));
}

}  // namespace

Rows DestinationRoutes(const Services& services) {
  using enum net::Method;
  using enum net::Work;
  constexpr auto kUser = net::Access::kUser;
  constexpr std::string_view kAll = "/2.0/notification-destinations";
  constexpr std::string_view kOne = "/2.0/notification-destinations/{id}";
  constexpr std::string_view kSubscriptions = "/2.1/sluice/notification-subscriptions";
  const auto told = Describe({"display_name"}, TellConfig);
  return {
      {kGet, std::string(kAll), kUser, kStorage, With(services, ListDestinations),
       "listNotificationDestinations"},
      {kPost, std::string(kAll), kUser, kStorage, With(services, CreateDestination),
       "createNotificationDestination", told},
      {kGet, std::string(kOne), kUser, kStorage, With(services, GetDestination),
       "getNotificationDestination"},
      {kPatch, std::string(kOne), kUser, kStorage, With(services, UpdateDestination),
       "updateNotificationDestination", told},
      {kDelete, std::string(kOne), kUser, kStorage, With(services, DeleteDestination),
       "deleteNotificationDestination"},
      {kPost, "/2.1/sluice/notification-destinations/{id}/test", kUser, kStorage,
       With(services, TestDestination), "testNotificationDestination"},
      {kGet, std::string(kSubscriptions), kUser, kStorage, With(services, ListSubscriptions),
       "listNotificationSubscriptions"},
      {kPost, std::string(kSubscriptions), kUser, kStorage, With(services, CreateSubscription),
       "createNotificationSubscription",
       Describe({"destination_id", "kinds", "share", "recipient"})},
      {kDelete, std::string(kSubscriptions) + "/{id}", kUser, kStorage,
       With(services, DeleteSubscription), "deleteNotificationSubscription"},
  };
}

}  // namespace sluice::unity
