// What recipients get, for those who answer for it: all tables of one recipient, one of them as the
// recipient reads it, and the shares and recipients of a table.
#include <algorithm>

#include "base/json.h"
#include "catalog/errors.h"
#include "catalog/recipient_view.h"
#include "catalog/share_grants.h"
#include "catalog/shared_objects.h"
#include "sharing/table_request.h"
#include "unity/insights.h"
#include "unity/recipient_side.h"
#include "unity/routes.h"
#include "unity/securable_requests.h"

namespace sluice::unity {
namespace {

using catalog::Action;
using catalog::Kind;

constexpr size_t kMostFiles = 100;
constexpr size_t kMostRecipients = 100;

std::unexpected<Error> NothingShown() {
  return Fail(Code::kUnsupported, "This server does not show what recipients get.");
}

std::string_view ThroughWord(Kind kind) { return kind == Kind::kSchema ? "SCHEMA" : "TABLE"; }

// A recipient whose grants the caller may see. Errors: kNotFound, kPermissionDenied
Result<Seen> FindRecipient(const Services& services, const net::Request& request) {
  Seen seen = TRY(FindSeen(services, request, {Kind::kRecipient, request.Param("name")}));
  const catalog::Access access =
      catalog::AccessOf(*seen.picture, services.catalog, CallerOf(services, request));
  const catalog::Decision sees = access.May(Action::kSeeGrants, *seen.securable);
  if (!sees.allowed) return catalog::Denied(sees);
  return seen;
}

json::Object TableJson(const catalog::Picture& picture, const catalog::Access& access,
                       const catalog::TableOfRecipient& table) {
  json::Object object{
      {"share", table.share}, {"schema", table.schema}, {"table", table.name}, {"id", table.id}};
  if (table.source != nullptr && access.May(Action::kSee, *table.source).allowed) {
    object["full_name"] = picture.FullName(*table.source);
  }
  object["shared_through"] = ThroughWord(table.object->kind);
  object["status"] = table.shared != nullptr ? "ACTIVE" : "PERMISSION_DENIED";
  PutText(object, "reason", table.reason);
  object["granted_on"] = table.share;
  object["since"] = ToUnixMillis(table.object->added_at);
  if (table.grant->expires_at) object["expiration_time"] = ToUnixMillis(*table.grant->expires_at);
  object["history_shared"] = table.object->history;
  object["cdf_shared"] = catalog::SharesChanges(*table.object);
  if (table.object->start_version) object["start_version"] = *table.object->start_version;
  if (table.shared != nullptr && table.shared->filter != nullptr) {
    object["partition_filter"] = catalog::FilterText(*table.shared->filter);
  }
  return object;
}

Result<net::Response> ListTables(const Services& services, const net::Request& request) {
  if (services.sharing == nullptr) return NothingShown();
  ListPage page = TRY(ListPage::Parse(request));
  const Seen recipient = TRY(FindRecipient(services, request));
  const catalog::Access access =
      catalog::AccessOf(*recipient.picture, services.catalog, CallerOf(services, request));
  catalog::VisitTablesOf(*recipient.picture, services.sharing->resolver, *recipient.securable,
                         page.after(), services.clock.Now(),
                         [&](const std::string& place, const catalog::TableOfRecipient& table) {
                           return page.Take(place, TableJson(*recipient.picture, access, table));
                         });
  return std::move(page).Finish("tables");
}

// {..., "sample": <text>}: rows come as JSON already.
std::string WithSample(const json::Object& body, const std::string& sample) {
  std::string text = json::Serialize(body);
  text.pop_back();
  return text + R"(,"sample":)" + sample + '}';
}

// Who may not even see the table is not told what it is called. Errors: kPermissionDenied
Status CheckReads(const catalog::Access& access, const catalog::Securable& table) {
  const catalog::Decision reads = access.May(Action::kReadData, table);
  if (reads.allowed) return {};
  if (access.May(Action::kSee, table).allowed) return catalog::Denied(reads);
  return Fail(Code::kPermissionDenied, "Only who may read a table is shown what is in it.");
}

Result<net::Response> Preview(const Services& services, const net::Request& request) {
  if (services.sharing == nullptr) return NothingShown();
  const size_t limit = TRY(RowLimitOf(request));
  const catalog::TableName name = TRY(SharedNameOf(request));
  const Seen recipient = TRY(FindRecipient(services, request));
  const catalog::Picture& picture = *recipient.picture;
  const auto table = catalog::FindTableOf(picture, services.sharing->resolver, *recipient.securable,
                                          name, services.clock.Now());
  if (!table) return catalog::TableNotFound(name);
  const catalog::Access access =
      catalog::AccessOf(picture, services.catalog, CallerOf(services, request));
  if (table->source == nullptr) return catalog::TableNotFound(name);
  TRY(CheckReads(access, *table->source));
  if (table->shared == nullptr) return Fail(Code::kPermissionDenied, table->reason);
  // From here on as the sharing protocol does it.
  const auto snapshot = TRY(sharing::LoadSnapshot(*services.sharing, *table->shared, {}));
  json::Object body{{"table", TableJson(picture, access, *table)},
                    {"version", snapshot->version()},
                    {"num_files", snapshot->num_files()},
                    {"size_bytes", snapshot->size().value}};
  body["files"] = TRY(FilesJson(*snapshot, kMostFiles));
  const auto sample = SampleText(services, table->shared->location, snapshot, {.most = limit});
  if (!sample) body["sample_error"] = TableFailure(sample.error()).message;
  const std::string none = R"({"version":)" + std::to_string(snapshot->version()) +
                           R"(,"columns":[],"rows":[],"truncated":false})";
  return net::Response::Text(200, "application/json", WithSample(body, sample ? *sample : none));
}

// Who gets a share now; names of those alone that the caller may see.
void PutRecipients(json::Object& object, const catalog::Picture& picture,
                   const catalog::Access& access, const catalog::Securable& share, TimePoint now) {
  int64_t count = 0;
  std::vector<std::string> names;
  for (const catalog::Grant& grant : share.grants) {
    const catalog::Securable* recipient = picture.Find(grant.principal);
    if (recipient == nullptr || !grant.HoldsAt(now)) continue;
    ++count;
    if (access.May(Action::kSee, *recipient).allowed) names.push_back(recipient->name);
  }
  std::ranges::sort(names);
  if (names.size() > kMostRecipients) names.resize(kMostRecipients);
  object["num_recipients"] = count;
  object["recipients"] = json::Array(names.begin(), names.end());
}

Result<net::Response> ListShares(const Services& services, const net::Request& request) {
  const Seen table = TRY(FindSeen(services, request, {Kind::kTable, request.Param("full_name")}));
  const catalog::Picture& picture = *table.picture;
  const TimePoint now = services.clock.Now();
  const catalog::Access access =
      catalog::AccessOf(picture, services.catalog, CallerOf(services, request));
  const catalog::Securable* schema = picture.Find(table.securable->parent);
  json::Array shares;
  for (const catalog::Securable* share : picture.SharesWith(table.securable->id)) {
    if (!access.May(Action::kSee, *share).allowed) continue;
    const catalog::Access owner(picture, share->owner, now);
    for (const catalog::SharedObject& object : share->As<catalog::Share>().objects) {
      if (object.object != table.securable->id && object.object != table.securable->parent)
        continue;
      const auto name =
          object.kind == Kind::kTable
              ? catalog::NameOf(picture, object)
              : std::optional(catalog::NameInShare{schema->name, table.securable->name});
      json::Object one{{"share", share->name},
                       {"shared_as", name ? name->Full() : ""},
                       {"shared_through", ThroughWord(object.kind)}};
      const bool active = catalog::IsActive(picture, owner, object) &&
                          owner.May(Action::kReadData, *table.securable).allowed;
      one["status"] = active ? "ACTIVE" : "PERMISSION_DENIED";
      PutText(one, "partition_filter", catalog::FilterText(object.partitions));
      one["history_shared"] = object.history;
      one["cdf_shared"] = catalog::SharesChanges(object);
      PutRecipients(one, picture, access, *share, now);
      shares.push_back(std::move(one));
    }
  }
  return JsonResponse(json::Object{{"shares", std::move(shares)}});
}

}  // namespace

Rows RecipientViewRoutes(const Services& services) {
  using net::Access, net::Work;
  const std::string all = "/2.1/sluice/recipients/{name}/tables";
  return {
      {net::Method::kGet, all, Access::kUser, Work::kStorage, With(services, ListTables),
       "listRecipientTables"},
      {net::Method::kGet, all + "/{shared_name}/preview", Access::kUser, Work::kStorage,
       With(services, Preview), "previewRecipientTable"},
      {net::Method::kGet, "/2.1/sluice/tables/{full_name}/shares", Access::kUser, Work::kMemory,
       With(services, ListShares), "listTableShares"},
  };
}

}  // namespace sluice::unity
