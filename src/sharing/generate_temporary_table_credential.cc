#include <fmt/format.h>

#include <optional>
#include <string>

#include "base/encoding.h"
#include "base/json.h"
#include "base/log.h"
#include "sharing/errors.h"
#include "sharing/item_json.h"
#include "sharing/operations.h"
#include "sharing/parameters.h"
#include "sharing/table_request.h"
#include "storage/location.h"

namespace sluice::sharing {
namespace {

// The location in the body, which may be left out, as may the body.
Result<std::optional<std::string>> AskedLocation(const net::Request& request) {
  const auto type = request.headers.Find("content-type");
  if (type && !request.body.empty() && !AsciiLower(*type).starts_with("application/json")) {
    return Fail(Code::kInvalidArgument, "The request body must be application/json.", {},
                net::kReasonMediaType);
  }
  if (request.body.find_first_not_of(" \t\r\n") == std::string::npos) return std::nullopt;
  const Result<json::Value> body = json::Parse(request.body, {.size = KiB(64), .depth = 10});
  if (!body) return Malformed(body.error().message);
  if (!body->is_object()) return Malformed("Expected an object as the request body.");
  return TextMember(body->get_object(), "location");
}

std::string FullName(const catalog::SharedTable& table) {
  return fmt::format("{}.{}.{}", table.share, table.schema, table.name);
}

std::unexpected<Error> NoDirectoryAccess(const catalog::SharedTable& table, std::string_view why) {
  return Fail(Code::kUnsupported,
              fmt::format("Directory access is not offered for table '{}': {} Query the table "
                          "instead.",
                          FullName(table), why));
}

// The table's own folder in any spelling, and no other.
Status CheckLocation(const catalog::SharedTable& table, const std::string& asked) {
  const auto location = storage::ParseLocation(asked);
  if (location.has_value() && location->Text() == table.directory) return {};
  return InvalidParameter("The requested location is not that of this table.");
}

Error VendError(const catalog::SharedTable& table, Error error) {
  if (error.code == Code::kUnsupported) {
    // A refusal of what a client asks is nothing for the log; but this is the operator's to know.
    log::Warn("directory access to table {}: {} [{}]", FullName(table), error.message,
              error.detail);
    return NoDirectoryAccess(table, "its folder cannot be lent.").error();
  }
  const bool refused = error.code == Code::kPermissionDenied;
  error = TableError(table, std::move(error));
  if (refused) {
    error.message = fmt::format(
        "The server is not allowed to give credentials for table '{}', please contact your share "
        "provider.",
        FullName(table));
  }
  return error;
}

// While the store was asked, the table, or the leave to lend it, may have been taken back; keys are
// not.
Status CheckStillLent(const Services& services, const net::Request& request,
                      const catalog::SharedTable& table,
                      const std::shared_ptr<const storage::ObjectStore>& store) {
  const auto now = TRY(ResolveTable(services, request));
  const bool same = OffersDirectory(*now) && now->location == table.location;
  if (same && TRY(services.snapshots.Store(table.location)) == store) return {};
  return NoDirectoryAccess(table, "the provider has taken it back.");
}

std::string Render(const catalog::SharedTable& table, const storage::TemporaryKeys& keys) {
  std::string body = R"({"credentials":{"location":)";
  json::AppendQuoted(table.directory, body);
  body += R"(,"awsTempCredentials":{"accessKeyId":)";
  json::AppendQuoted(keys.access_key_id, body);
  body += R"(,"secretAccessKey":)";
  json::AppendQuoted(keys.secret_access_key, body);
  body += R"(,"sessionToken":)";
  json::AppendQuoted(keys.session_token, body);
  body += R"(},"expirationTime":)";
  json::AppendInt(ToUnixMillis(keys.expires), body);
  body += "}}";
  return body;
}

}  // namespace

Result<net::Response> GenerateTemporaryTableCredential(const Services& services,
                                                       const net::Request& request) {
  const std::optional<std::string> asked = TRY(AskedLocation(request));
  const auto table = TRY(ResolveTable(services, request));
  if (!OffersDirectory(*table)) {
    return NoDirectoryAccess(
        *table,
        "it takes a store that the provider has set up for it, and a table that is shared as a "
        "whole, with its history.");
  }
  if (asked.has_value()) TRY(CheckLocation(*table, *asked));
  // Who has the keys reads the log as it is: what the table is now decides, and a table that this
  // server cannot read is not lent either.
  const auto snapshot = TRY(LoadSnapshot(services, *table, {}));
  if (snapshot->num_outside() > 0) {
    return NoDirectoryAccess(*table, "not all of its files are in its folder.");
  }
  const auto store = TRY(services.snapshots.Store(table->location));
  const storage::CredentialVendor* vendor = store->vendor();
  if (vendor == nullptr) return NoDirectoryAccess(*table, "the provider has taken it back.");
  const auto keys = vendor->Vend(request.principal, services.options.credential_lifetime);
  if (!keys) return std::unexpected(VendError(*table, keys.error()));
  TRY(CheckStillLent(services, request, *table, store));
  net::Response response =
      net::Response::Text(200, "application/json; charset=utf-8", Render(*table, *keys));
  response.headers.Add("Cache-Control", "no-store");
  return response;
}

}  // namespace sluice::sharing
