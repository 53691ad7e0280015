// sharing/operations.h -- the operations of the sharing protocol, by their names in it.
//
// Each is a free function that reads like a recipe, in the file of its name. Path parameters are
// there because the route table says so; all else in a request is checked in the function's file.
#pragma once

#include "base/result.h"
#include "net/http.h"
#include "sharing/services.h"

namespace sluice::sharing {

// Delta Sharing PROTOCOL.md, "REST APIs".
Result<net::Response> ListShares(const Services& services, const net::Request& request);
Result<net::Response> GetShare(const Services& services, const net::Request& request);
Result<net::Response> ListSchemas(const Services& services, const net::Request& request);
Result<net::Response> ListTables(const Services& services, const net::Request& request);
Result<net::Response> ListAllTables(const Services& services, const net::Request& request);
Result<net::Response> QueryTableVersion(const Services& services, const net::Request& request);
Result<net::Response> QueryTableMetadata(const Services& services, const net::Request& request);
Result<net::Response> QueryTable(const Services& services, const net::Request& request);
Result<net::Response> GetQueryInfo(const Services& services, const net::Request& request);
Result<net::Response> QueryTableChanges(const Services& services, const net::Request& request);
Result<net::Response> GenerateTemporaryTableCredential(const Services& services,
                                                       const net::Request& request);

// OpenSharing, spec/protocols/TABLES.md, "Get Table".
Result<net::Response> GetTable(const Services& services, const net::Request& request);

// GET and HEAD of one of our own file links.
Result<net::Response> GetFile(const Services& services, const net::Request& request);
// Who got the link that `request` came with; empty: it is not ours, was altered, or is over.
std::string LinkHolder(const Services& services, const net::Request& request);

}  // namespace sluice::sharing
