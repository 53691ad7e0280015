// Ours: the inbox of a user or a recipient.
#include <algorithm>

#include "catalog/errors.h"
#include "notify/notifier.h"
#include "unity/asker.h"
#include "unity/body.h"
#include "unity/list.h"
#include "unity/notifier_of.h"
#include "unity/query_params.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

constexpr size_t kMostOnPage = 100;
constexpr size_t kMostIds = 1000;
constexpr size_t kLongestId = 64;

json::Object NotificationJson(const notify::Notification& one) {
  json::Object object{{"id", one.id},
                      {"kind", notify::KindName(one.fact.kind)},
                      {"time", ToUnixMillis(one.time)},
                      {"title", one.fact.title},
                      {"text", one.fact.text},
                      {"read", one.read}};
  PutText(object, "recipient", one.fact.recipient);
  PutText(object, "share", one.fact.share);
  PutText(object, "table", one.fact.table);
  PutText(object, "request_id", one.fact.request_id);
  return object;
}

Result<net::Response> ListNotifications(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  ListPage page = TRY(ListPage::Parse(request, kMostOnPage));
  const auto unread =
      TRY(FlagParam(request, "unread")) ? notify::Unread::kOnly : notify::Unread::kAll;
  const std::string holder = AskerOf(request).id;
  const auto found = TRY(notifier.Inbox(holder, unread, page.after(), kMostOnPage + 1));
  for (const notify::Notification& one : found) {
    if (!page.Take(one.place, NotificationJson(one))) break;
  }
  json::Object more{{"unread_count", TRY(notifier.UnreadCount(holder))}};
  return std::move(page).Finish("notifications", std::move(more));
}

Result<net::Response> ReadNotifications(const Services& services, const net::Request& request) {
  notify::Notifier& notifier = *TRY(NotifierOf(services));
  const Body body = TRY(Body::Parse(request));
  const std::vector<std::string> ids = TRY(body.fields().Texts("ids"));
  const bool all = TRY(body.fields().Flag("all")).value_or(false);
  if (all != ids.empty()) return catalog::InvalidParameter("Give either ids or all.");
  if (ids.size() > kMostIds) return catalog::InvalidParameter("At most 1000 ids at a time.");
  const bool fit =
      std::ranges::all_of(ids, [](const std::string& id) { return id.size() <= kLongestId; });
  if (!fit) return catalog::InvalidParameter("An id has at most 64 bytes.");
  const std::string holder = AskerOf(request).id;
  TRY(notifier.MarkAsRead(holder, all ? std::nullopt : std::optional(ids)));
  return JsonResponse(json::Object{{"unread_count", TRY(notifier.UnreadCount(holder))}});
}

}  // namespace

Rows NotificationRoutes(const Services& services) {
  using enum net::Method;
  using enum net::Work;
  constexpr auto kBoth = net::Access::kRecipientOrUser;
  net::Route inbox{kGet,     "/2.1/sluice/notifications",       kBoth,
                   kStorage, With(services, ListNotifications), "listNotifications"};
  // An open page asks once a minute, for nothing but what is the caller's own.
  inbox.audited = false;
  return {
      std::move(inbox),
      {kPost, "/2.1/sluice/notifications/read", kBoth, kStorage, With(services, ReadNotifications),
       "readNotifications", Describe({"all"})},
  };
}

}  // namespace sluice::unity
