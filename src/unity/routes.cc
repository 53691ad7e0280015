#include "unity/routes.h"

#include <algorithm>
#include <iterator>

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

}  // namespace sluice::unity
