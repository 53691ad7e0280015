#include "sharing/routes.h"

#include "sharing/errors.h"
#include "sharing/operations.h"

namespace sluice::sharing {

net::RouteTable Routes(const Services& services) {
  using enum net::Method;
  using enum net::Access;
  using enum net::Work;
  const auto with = [&services](auto operation) {
    return [&services, operation](const net::Request& request) {
      return operation(services, request);
    };
  };
  const std::string table = "/shares/{share}/schemas/{schema}/tables/{table}";
  return {
      services.options.prefix,
      {
          {kGet, "/shares", kRecipient, kMemory, with(ListShares), "ListShares"},
          {kGet, "/shares/{share}", kRecipient, kMemory, with(GetShare), "GetShare"},
          {kGet, "/shares/{share}/schemas", kRecipient, kMemory, with(ListSchemas), "ListSchemas"},
          {kGet, "/shares/{share}/schemas/{schema}/tables", kRecipient, kMemory, with(ListTables),
           "ListTables"},
          {kGet, "/shares/{share}/all-tables", kRecipient, kMemory, with(ListAllTables),
           "ListAllTables"},
          {kGet, table, kRecipient, kMemory, with(GetTable), "GetTable"},
          {kHead, table, kRecipient, kStorage, with(QueryTableVersion), "QueryTableVersion"},
          {kGet, table + "/version", kRecipient, kStorage, with(QueryTableVersion),
           "QueryTableVersion"},
          {kHead, table + "/version", kRecipient, kStorage, with(QueryTableVersion),
           "QueryTableVersion"},
          {kGet, table + "/metadata", kRecipient, kStorage, with(QueryTableMetadata),
           "QueryTableMetadata"},
          {kPost, table + "/query", kRecipient, kStorage, with(QueryTable), "QueryTable"},
          {kGet, table + "/changes", kRecipient, kStorage, with(QueryTableChanges),
           "QueryTableChanges"},
          {kPost, table + "/queries/{queryId}", kRecipient, kStorage, with(GetQueryInfo),
           "GetQueryInfo"},
          {kPost, table + "/temporary-table-credentials", kRecipient, kStorage,
           with(GenerateTemporaryTableCredential), "GenerateTemporaryTableCredential"},
          {kGet, "/files/{payload}/{name}", kSignedLink, kStorage, with(GetFile), "GetFile"},
          {kHead, "/files/{payload}/{name}", kSignedLink, kStorage, with(GetFile), "GetFile"},
      },
      RenderError};
}

}  // namespace sluice::sharing
