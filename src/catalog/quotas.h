// catalog/quotas.h -- how many there may be of each, and how many there are.
//
// A quota is of one kind of child in one parent: tables in a schema, recipients in the metastore.
// Names and figures are Databricks' ("Resource limits"; databricks-sdk, catalog.ResourceQuotasAPI),
// but for recipients, of which we allow ten times as many. All are settings.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "catalog/picture.h"

namespace sluice::catalog {

class Access;

struct Quotas {
  size_t storage_credentials = 200;
  size_t external_locations = 500;
  size_t catalogs = 1000;
  size_t tables = 1'000'000;
  size_t shares = 1000;
  size_t recipients = 50'000;
  size_t providers = 1000;
  size_t schemas_per_catalog = 10'000;
  size_t tables_per_schema = 10'000;
  size_t tables_per_share = 1000;
  size_t schemas_per_share = 500;
  size_t updates_per_change = 100;  // of a share; not a quota of the API
};

// Whether `more` children fit into `parent`, and tables into the metastore.
// Errors: kInvalidArgument  "QUOTA_EXCEEDED"
Status CheckQuota(const Picture& picture, const Quotas& quotas, Kind child, const Securable& parent,
                  size_t more = 1);

struct QuotaUsage {
  Kind parent = Kind::kMetastore;
  std::string parent_full_name{};  // of the metastore its id
  std::string_view name{};         // "table-quota"
  size_t count = 0;
  size_t limit = 0;
};

// `parent_type` as in "schema", the metastore by its id or name. For the administrators of the
// metastore and whoever manages the parent.
// Errors: kInvalidArgument  no such kind, no such quota of it
//         kNotFound         no such parent, or not for this caller
//         kPermissionDenied
Result<QuotaUsage> GetQuota(const Picture& picture, const Quotas& quotas, const Access& access,
                            std::string_view parent_type, std::string_view parent_full_name,
                            std::string_view quota_name);

// All quotas, in the order of a key of theirs, behind `after_key` (empty: from the first), until
// `visit` returns false.
void VisitQuotas(const Picture& picture, const Quotas& quotas, std::string_view after_key,
                 const std::function<bool(std::string_view key, const QuotaUsage&)>& visit);

}  // namespace sluice::catalog
