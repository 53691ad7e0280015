// w.resource_quotas. Source: databricks-sdk, catalog.ResourceQuotasAPI.
#include "catalog/access.h"
#include "catalog/errors.h"
#include "catalog/quotas.h"
#include "unity/list.h"
#include "unity/routes.h"

namespace sluice::unity {
namespace {

// Counts are those of this moment.
json::Object QuotaJson(const catalog::QuotaUsage& usage, TimePoint now) {
  json::Object item;
  item["parent_securable_type"] = catalog::KindName(usage.parent);
  item["parent_full_name"] = usage.parent_full_name;
  item["quota_name"] = usage.name;
  item["quota_count"] = usage.count;
  item["quota_limit"] = usage.limit;
  item["last_refreshed_at"] = ToUnixMillis(now);
  return item;
}

Result<net::Response> GetQuota(const Services& services, const net::Request& request) {
  const auto picture = services.catalog.Now();
  const TimePoint now = services.clock.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal, now);
  const catalog::QuotaUsage usage = TRY(catalog::GetQuota(
      *picture, services.catalog.quotas(), access, request.Param("parent_securable_type"),
      request.Param("parent_full_name"), request.Param("quota_name")));
  json::Object body;
  body["quota_info"] = QuotaJson(usage, now);
  return JsonResponse(std::move(body));
}

Result<net::Response> ListQuotas(const Services& services, const net::Request& request) {
  ListPage page = TRY(ListPage::Parse(request));
  const auto picture = services.catalog.Now();
  const TimePoint now = services.clock.Now();
  const catalog::Access access(*picture, CallerOf(services, request).principal, now);
  if (!access.IsMetastoreAdmin()) {
    return Fail(Code::kPermissionDenied,
                "Only administrators of the metastore can list its resource quotas.");
  }
  catalog::VisitQuotas(*picture, services.catalog.quotas(), page.after(),
                       [&](std::string_view key, const catalog::QuotaUsage& usage) {
                         return page.Take(key, QuotaJson(usage, now));
                       });
  return std::move(page).Finish("quotas");
}

}  // namespace

Rows QuotaRoutes(const Services& services) {
  const auto row = [&](std::string_view pattern, auto operation, std::string_view name) {
    return net::Route{.method = net::Method::kGet,
                      .pattern = std::string(pattern),
                      .access = net::Access::kUser,
                      .work = net::Work::kMemory,
                      .handler = With(services, operation),
                      .operation = name};
  };
  return {
      row("/2.1/unity-catalog/resource-quotas/all-resource-quotas", ListQuotas, "listQuotas"),
      row("/2.1/unity-catalog/resource-quotas/{parent_securable_type}/{parent_full_name}/"
          "{quota_name}",
          GetQuota, "getQuota"),
  };
}

}  // namespace sluice::unity
