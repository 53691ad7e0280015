#include "unity/routes.h"

#include <algorithm>
#include <iterator>

#include "base/json.h"
#include "unity/errors.h"

namespace sluice::unity {

net::RouteTable Routes(const Services& services) {
  Rows rows;
  for (const auto part : {MetastoreRoutes,
                          CatalogRoutes,
                          SchemaRoutes,
                          TableRoutes,
                          StorageCredentialRoutes,
                          ExternalLocationRoutes,
                          ProviderRoutes,
                          ShareRoutes,
                          QuotaRoutes,
                          RecipientRoutes,
                          ActivationRoutes,
                          AuditRoutes,
                          UsageRoutes,
                          UsageReportRoutes,
                          RequestRoutes,
                          NotificationRoutes,
                          DestinationRoutes,
                          GrantRoutes,
                          ScimRoutes,
                          TokenRoutes,
                          SessionRoutes,
                          TableInsightRoutes,
                          RecipientViewRoutes,
                          RecipientSideRoutes,
                          SearchRoutes}) {
    std::ranges::move(part(services), std::back_inserter(rows));
  }
  return {"/api", std::move(rows), RenderError, net::Access::kUser};
}

std::function<net::Facts(const net::Request&)> Describe(std::vector<std::string_view> fields) {
  return [fields = std::move(fields)](const net::Request& request) {
    net::Facts facts;
    const Result<json::Value> body = json::Parse(request.body);
    if (!body || !body->is_object()) return facts;
    for (const std::string_view field : fields) {
      const json::Value* value = body->as_object().if_contains(field);
      if (value == nullptr || value->is_null()) continue;
      const json::Value text = value->is_string() ? *value : json::Value(json::Serialize(*value));
      facts.emplace_back(std::string(field),
                         std::string(text.as_string().data(), text.as_string().size()));
    }
    return facts;
  };
}

}  // namespace sluice::unity
