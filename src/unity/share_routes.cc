// w.shares, and what of w.recipients is about shares. Source: databricks-sdk, sharing.SharesAPI.
#include <algorithm>
#include <span>

#include "base/encoding.h"
#include "catalog/errors.h"
#include "unity/list.h"
#include "unity/routes.h"
#include "unity/share_json.h"

namespace sluice::unity {
namespace {

using catalog::Access;
using catalog::Kind;

constexpr std::string_view kAll = "/2.1/unity-catalog/shares";
constexpr std::string_view kOne = "/2.1/unity-catalog/shares/{name}";
constexpr std::string_view kPermissions = "/2.1/unity-catalog/shares/{name}/permissions";
constexpr std::string_view kOfRecipient = "/2.1/unity-catalog/recipients/{name}/share-permissions";

Result<net::Response> CreateShare(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::NewShare made;
  made.name = TRY(fields.RequiredText("CreateShare", "name"));
  made.comment = TRY(fields.Text("comment")).value_or("");
  made.storage_root = TRY(fields.Text("storage_root")).value_or("");
  const catalog::SecurablePtr share =
      TRY(catalog::CreateShare(services.catalog, CallerOf(services, request), made));
  return JsonResponse(ShareJson(*services.catalog.Now(), *share));
}

Result<bool> QueryFlag(const net::Request& request, std::string_view name) {
  const std::string_view text = request.query.Find(name).value_or("false");
  if (text != "true" && text != "false") {
    return catalog::InvalidParameter(std::string(name) + " must be true or false.");
  }
  return text == "true";
}

Result<net::Response> GetShare(const Services& services, const net::Request& request) {
  const bool with_data = TRY(QueryFlag(request, "include_shared_data"));
  const auto picture = services.catalog.Now();
  const TimePoint now = services.clock.Now();
  const Access access(*picture, CallerOf(services, request).principal, now);
  const catalog::Securable* share =
      TRY(catalog::FindShareFor(*picture, access, request.Param("name")));
  json::Object body = ShareJson(*picture, *share);
  if (with_data) body["objects"] = ObjectsJson(*picture, *share, now);
  return JsonResponse(std::move(body));
}

Result<net::Response> ListShares(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const auto picture = services.catalog.Now();
  const Access access(*picture, CallerOf(services, request).principal, services.clock.Now());
  picture->VisitChildren(Kind::kShare, picture->metastore().id, page.after(),
                         [&](const catalog::SecurablePtr& share) {
                           std::optional<json::Object> item;
                           if (access.May(catalog::Action::kSee, *share).allowed) {
                             item = ShareJson(*picture, *share);
                           }
                           return page.Take(share->name, std::move(item));
                         });
  return std::move(page).Finish("shares");
}

Result<net::Response> UpdateShare(const Services& services, const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  const Fields fields = body.fields();
  catalog::ShareChange change;
  change.new_name = TRY(fields.Text("new_name"));
  change.owner = TRY(fields.Text("owner"));
  change.comment = TRY(fields.Text("comment"));
  change.storage_root = TRY(fields.Text("storage_root"));
  TRY(fields.Objects("updates", [&](const Fields& update) -> Status {
    change.updates.push_back(TRY(ReadObjectUpdate(update)));
    return {};
  }));
  const auto newest = [&](const std::string& location) {
    return services.snapshots.NewestVersion(location);
  };
  const catalog::SecurablePtr share =
      TRY(catalog::UpdateShare(services.catalog, CallerOf(services, request),
                               std::string(request.Param("name")), change, newest));
  const auto picture = services.catalog.Now();
  json::Object answer = ShareJson(*picture, *share);
  answer["objects"] = ObjectsJson(*picture, *share, services.clock.Now());
  return JsonResponse(std::move(answer));
}

Result<net::Response> DeleteShare(const Services& services, const net::Request& request) {
  TRY(catalog::DeleteShare(services.catalog, CallerOf(services, request),
                           std::string(request.Param("name"))));
  return JsonResponse(json::Object());
}

Result<net::Response> GetSharePermissions(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const auto picture = services.catalog.Now();
  const Access access(*picture, CallerOf(services, request).principal, services.clock.Now());
  const catalog::Securable* share =
      TRY(catalog::FindShareFor(*picture, access, request.Param("name")));
  const auto behind = std::ranges::upper_bound(share->grants, page.after(), std::less<>{},
                                               &catalog::Grant::principal);
  for (const catalog::Grant& grant : std::span(behind, share->grants.end())) {
    if (!page.Take(grant.principal, AssignmentJson(*picture, grant))) break;
  }
  return std::move(page).Finish("privilege_assignments");
}

Result<net::Response> UpdateSharePermissions(const Services& services,
                                             const net::Request& request) {
  const Body body = TRY(Body::Parse(request));
  std::vector<catalog::GrantChange> changes;
  TRY(body.fields().Objects("changes", [&](const Fields& change) -> Status {
    changes.push_back(TRY(ReadGrantChange(change)));
    return {};
  }));
  const bool omit_list = TRY(body.fields().Flag("omit_permissions_list")).value_or(false);
  const catalog::SecurablePtr share = TRY(catalog::UpdateSharePermissions(
      services.catalog, CallerOf(services, request), std::string(request.Param("name")), changes));
  json::Object answer;
  if (!omit_list) {
    const auto picture = services.catalog.Now();
    json::Array assignments;
    for (const catalog::Grant& grant : share->grants) {
      assignments.push_back(AssignmentJson(*picture, grant));
    }
    answer["privilege_assignments"] = std::move(assignments);
  }
  return JsonResponse(std::move(answer));
}

Result<net::Response> GetRecipientSharePermissions(const Services& services,
                                                   const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const auto picture = services.catalog.Now();
  const Access access(*picture, CallerOf(services, request).principal, services.clock.Now());
  const std::string_view name = request.Param("name");
  const catalog::Securable* recipient = picture->FindByName(Kind::kRecipient, name);
  if (recipient == nullptr || !access.May(catalog::Action::kSee, *recipient).allowed) {
    return catalog::DoesNotExist(Kind::kRecipient, name);
  }
  const std::string after = AsciiLower(page.after());
  picture->VisitSharesOf(recipient->id, [&](const catalog::Securable& share) {
    if (!after.empty() && AsciiLower(share.name) <= after) return true;
    const catalog::Grant* grant = catalog::GrantOf(share, recipient->id);
    std::optional<json::Object> item;
    if (grant != nullptr) {
      item.emplace();
      (*item)["share_name"] = share.name;
      (*item)["privilege_assignments"] = json::Array{AssignmentJson(*picture, *grant)};
    }
    return page.Take(share.name, std::move(item));
  });
  return std::move(page).Finish("permissions_out");
}

}  // namespace

Rows ShareRoutes(const Services& services) {
  using enum net::Method;
  using enum net::Access;
  using enum net::Work;
  const auto row = [&](net::Method method, std::string_view pattern, net::Work work, auto operation,
                       std::string_view name, std::vector<std::string_view> told = {}) {
    net::Route route{.method = method,
                     .pattern = std::string(pattern),
                     .access = kUser,
                     .work = work,
                     .handler = With(services, operation),
                     .operation = name};
    if (!told.empty()) route.describe = Describe(std::move(told));
    return route;
  };
  return {
      row(kPost, kAll, kStorage, CreateShare, "createShare", {"name", "comment", "storage_root"}),
      row(kGet, kAll, kMemory, ListShares, "listShares"),
      row(kGet, kOne, kMemory, GetShare, "getShare"),
      row(kPatch, kOne, kStorage, UpdateShare, "updateShare",
          {"new_name", "owner", "comment", "storage_root", "updates"}),
      row(kDelete, kOne, kStorage, DeleteShare, "deleteShare"),
      row(kGet, kPermissions, kMemory, GetSharePermissions, "getSharePermissions"),
      row(kPatch, kPermissions, kStorage, UpdateSharePermissions, "updateSharePermissions",
          {"changes"}),
      row(kGet, kOfRecipient, kMemory, GetRecipientSharePermissions,
          "getRecipientSharePermissions"),
  };
}

}  // namespace sluice::unity
