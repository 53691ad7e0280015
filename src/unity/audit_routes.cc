// Ours, beside Unity Catalog's: the audit log, and why somebody may do something.
#include <algorithm>

#include "audit/reader.h"
#include "catalog/access.h"
#include "catalog/errors.h"
#include "unity/audit_export.h"
#include "unity/list.h"
#include "unity/query_params.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

constexpr size_t kMostEvents = 1000;
constexpr size_t kMostActions = 100;

Result<audit::Filter> FilterOf(const net::Request& request) {
  audit::Filter filter;
  if (const auto from = TRY(NumberParam(request, "start_time")))
    filter.from = FromUnixMillis(*from);
  if (const auto to = TRY(NumberParam(request, "end_time"))) filter.to = FromUnixMillis(*to);
  for (const auto& [name, value] : request.query.all()) {
    if (name == "action_name" && !value.empty()) filter.actions.push_back(value);
  }
  if (filter.actions.size() > kMostActions) {
    return catalog::InvalidParameter("action_name may be given 100 times at most.");
  }
  filter.principal = TextParam(request, "principal");
  filter.recipient = TextParam(request, "recipient_name");
  filter.share = TextParam(request, "share_name");
  filter.table = TextParam(request, "table_name");
  filter.error_text = TextParam(request, "error_text");
  if (const auto status = TRY(NumberParam(request, "status"))) {
    if (*status < 100 || *status > 599) {
      return catalog::InvalidParameter("status must be an HTTP status, from 100 to 599.");
    }
    filter.status = static_cast<int>(*status);
  }
  if (const auto status = TRY(NumberParam(request, "status_class"))) {
    if (*status < 1 || *status > 5) {
      return catalog::InvalidParameter("status_class must be 2, 3, 4 or 5.");
    }
    filter.status_class = static_cast<int>(*status);
  }
  return filter;
}

// What others did is for the administrators of the metastore.
Status CheckAdministrator(const Services& services, const net::Request& request) {
  const auto picture = services.catalog.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal,
                               services.clock.Now());
  if (access.IsMetastoreAdmin()) return {};
  return Fail(Code::kPermissionDenied, "Only metastore admins can read the audit log.");
}

Result<net::Response> ListAuditEvents(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  const audit::Filter filter = TRY(FilterOf(request));
  const auto wanted = TRY(NumberParam(request, "max_results")).value_or(0);
  const size_t size =
      wanted == 0 ? 100 : std::min<size_t>(kMostEvents, static_cast<size_t>(wanted));
  const auto reader = TRY(audit::Reader::Open(services.options.audit_folder));
  const audit::Page page = TRY(reader->Read(filter, size, TextParam(request, "page_token")));
  // The lines are JSON objects already.
  std::string body = R"({"events":[)";
  for (const audit::Entry& entry : page.entries) {
    if (&entry != &page.entries.front()) body += ',';
    body += entry.json;
  }
  body += ']';
  if (!page.next_page_token.empty()) {
    body += R"(,"next_page_token":)";
    json::AppendQuoted(page.next_page_token, body);
  }
  body += '}';
  return net::Response::Text(200, "application/json", std::move(body));
}

Result<net::Response> ExportAuditEvents(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  const audit::Filter filter = TRY(FilterOf(request));
  const std::string format = TextParam(request, "format");
  const bool is_csv = format == "csv";
  if (!is_csv && !format.empty() && format != "json") {
    return catalog::InvalidParameter("format must be json or csv.");
  }
  auto reader = TRY(audit::Reader::Open(services.options.audit_folder));
  net::Response response;
  response.headers.Add("Content-Type", is_csv ? "text/csv; charset=utf-8" : "application/x-ndjson");
  response.headers.Add("Content-Disposition", std::string("attachment; filename=\"audit-events.") +
                                                  (is_csv ? "csv\"" : "jsonl\""));
  response.headers.Add("X-Content-Type-Options", "nosniff");
  response.body = TRY(
      ExportAudit(std::move(reader), filter, is_csv ? AuditFormat::kCsv : AuditFormat::kJsonLines));
  return response;
}

Result<net::Response> GetAuditSummary(const Services& services, const net::Request& request) {
  TRY(CheckAdministrator(services, request));
  const audit::Filter filter = TRY(FilterOf(request));
  const auto reader = TRY(audit::Reader::Open(services.options.audit_folder));
  json::Array rows;
  for (const audit::Usage& usage : TRY(reader->CountUsage(filter))) {
    rows.push_back(json::Object{{"share_name", usage.share},
                                {"recipient_name", usage.recipient},
                                {"table_name", usage.table},
                                {"accesses", usage.accesses},
                                {"bytes_read", usage.bytes},
                                {"first_access", ToUnixMillis(usage.first)},
                                {"last_access", ToUnixMillis(usage.last)}});
  }
  return JsonResponse(json::Object{{"rows", std::move(rows)}});
}

// Everybody may ask about themselves; about others who manages the object.
Result<net::Response> GetAccessExplanation(const Services& services, const net::Request& request) {
  const auto picture = services.catalog.Now();
  const std::string caller = CallerOf(services, request).principal;
  const std::string name = TextParam(request, "principal");
  const catalog::Principal* who =
      name.empty() ? picture->FindPrincipal(caller) : picture->FindPrincipalByName(name);
  if (who == nullptr) return catalog::NoSuchPrincipal(name);
  const std::string type = TextParam(request, "securable_type");
  const auto kind = catalog::ParseKind(type);
  if (!kind)
    return catalog::InvalidParameter("securable_type is not one of Unity Catalog's types.");
  const std::string full_name = TextParam(request, "full_name");
  const catalog::Securable* object = picture->FindByName(*kind, full_name);
  const catalog::Access own(*picture, caller, services.clock.Now());
  if (object == nullptr || !own.May(catalog::Action::kSee, *object).allowed) {
    return catalog::DoesNotExist(*kind, full_name);
  }
  if (who->id != caller) {
    const catalog::Decision manages = own.May(catalog::Action::kSeeGrants, *object);
    if (!manages.allowed) return catalog::Denied(manages);
  }
  const catalog::Access access(*picture, who->id, services.clock.Now());
  json::Array lines;
  for (const catalog::Explained& line :
       TRY(catalog::ExplainAccess(access, *object, TextParam(request, "privilege")))) {
    lines.push_back(json::Object{
        {"what", line.what}, {"allowed", line.decision.allowed}, {"reason", line.decision.reason}});
  }
  json::Object body{{"principal", who->name}, {"full_name", picture->FullName(*object)}};
  body["allowed"] = lines.front().as_object()["allowed"];
  body["reason"] = lines.front().as_object()["reason"];
  body["access"] = std::move(lines);
  return JsonResponse(std::move(body));
}

}  // namespace

Rows AuditRoutes(const Services& services) {
  using enum net::Method;
  using net::Access;
  using net::Work;
  return {
      {kGet, "/2.1/sluice/audit-events", Access::kUser, Work::kStorage,
       With(services, ListAuditEvents), "listAuditEvents"},
      {kGet, "/2.1/sluice/audit-events/export", Access::kUser, Work::kStorage,
       With(services, ExportAuditEvents), "exportAuditEvents"},
      {kGet, "/2.1/sluice/audit-summary", Access::kUser, Work::kStorage,
       With(services, GetAuditSummary), "getAuditSummary"},
      {kGet, "/2.1/sluice/explain-access", Access::kUser, Work::kMemory,
       With(services, GetAccessExplanation), "explainAccess"},
  };
}

}  // namespace sluice::unity
