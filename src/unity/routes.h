// unity/routes.h -- the route table of the Unity Catalog dialect, /api/...
#pragma once

#include <vector>

#include "net/router.h"
#include "unity/services.h"

namespace sluice::unity {

// `services` must outlive the table.
net::RouteTable Routes(const Services& services);

// The rows of one part; each stands in <part>_routes.cc with its handlers beside it.
using Rows = std::vector<net::Route>;
Rows AuditRoutes(const Services& services);
Rows UsageRoutes(const Services& services);
Rows UsageReportRoutes(const Services& services);
Rows RequestRoutes(const Services& services);
Rows NotificationRoutes(const Services& services);
Rows DestinationRoutes(const Services& services);
Rows GrantRoutes(const Services& services);
Rows ScimRoutes(const Services& services);
Rows TokenRoutes(const Services& services);
Rows SessionRoutes(const Services& services);
Rows RecipientRoutes(const Services& services);
Rows ActivationRoutes(const Services& services);
Rows ShareRoutes(const Services& services);
Rows QuotaRoutes(const Services& services);
Rows MetastoreRoutes(const Services& services);
Rows CatalogRoutes(const Services& services);
Rows SchemaRoutes(const Services& services);
Rows TableRoutes(const Services& services);
Rows StorageCredentialRoutes(const Services& services);
Rows ExternalLocationRoutes(const Services& services);
Rows ProviderRoutes(const Services& services);
Rows TableInsightRoutes(const Services& services);
Rows RecipientViewRoutes(const Services& services);
Rows RecipientSideRoutes(const Services& services);
Rows SearchRoutes(const Services& services);

// A handler `Result<net::Response> F(const Services&, const net::Request&)` as a row's.
template <class Operation>
net::Handler With(const Services& services, Operation operation) {
  return
      [&services, operation](const net::Request& request) { return operation(services, request); };
}

// The named fields of a body for the audit log, as text; others are not told.
std::function<net::Facts(const net::Request&)> Describe(std::vector<std::string_view> fields);

}  // namespace sluice::unity
