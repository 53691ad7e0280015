#include "catalog/errors.h"

#include <fmt/format.h>

#include <array>

namespace sluice::catalog {

std::unexpected<Error> ShareNotFound(std::string_view share) {
  return Fail(Code::kNotFound, fmt::format("share '{}' not found", share));
}

std::unexpected<Error> SchemaNotFound(std::string_view schema) {
  return Fail(Code::kNotFound, fmt::format("schema '{}' not found", schema));
}

std::unexpected<Error> TableNotFound(const TableName& name) {
  return Fail(Code::kNotFound,
              fmt::format("[Share/Schema/Table] '{}/{}/{}' does not exist, please contact your "
                          "share provider for further information.",
                          name.share, name.schema, name.table));
}

std::unexpected<Error> TableIdNotFound() {
  return Fail(Code::kNotFound, "the table of this link does not exist or is no longer shared");
}

std::unexpected<Error> OwnerLostAccess(std::string_view share) {
  return Fail(Code::kPermissionDenied,
              fmt::format("The owner of share '{}' has no access to this table any more, so nobody "
                          "can read it through the share; please contact your share provider.",
                          share));
}

namespace {

struct KindErrors {
  std::string_view word;  // "Share 'x' does not exist."
  std::string_view does_not_exist;
  std::string_view already_exists;
};

const KindErrors& ErrorsOf(Kind kind) {
  static constexpr std::array<KindErrors, 9> kErrors = {{
      {"Metastore", "METASTORE_DOES_NOT_EXIST", "METASTORE_ALREADY_EXISTS"},
      {"Storage Credential", "STORAGE_CREDENTIAL_DOES_NOT_EXIST",
       "STORAGE_CREDENTIAL_ALREADY_EXISTS"},
      {"External Location", "EXTERNAL_LOCATION_DOES_NOT_EXIST", "EXTERNAL_LOCATION_ALREADY_EXISTS"},
      {"Catalog", "CATALOG_DOES_NOT_EXIST", "CATALOG_ALREADY_EXISTS"},
      {"Schema", "SCHEMA_DOES_NOT_EXIST", "SCHEMA_ALREADY_EXISTS"},
      {"Table", "TABLE_DOES_NOT_EXIST", "TABLE_ALREADY_EXISTS"},
      {"Share", "SHARE_DOES_NOT_EXIST", "SHARE_ALREADY_EXISTS"},
      {"Recipient", "RECIPIENT_DOES_NOT_EXIST", "RECIPIENT_ALREADY_EXISTS"},
      {"Provider", "PROVIDER_DOES_NOT_EXIST", "PROVIDER_ALREADY_EXISTS"},
  }};
  return kErrors.at(static_cast<size_t>(kind));
}

}  // namespace

std::unexpected<Error> DoesNotExist(Kind kind, std::string_view full_name) {
  const KindErrors& words = ErrorsOf(kind);
  return Fail(Code::kNotFound, fmt::format("{} '{}' does not exist.", words.word, full_name), {},
              words.does_not_exist);
}

std::unexpected<Error> AlreadyExists(Kind kind, std::string_view full_name) {
  const KindErrors& words = ErrorsOf(kind);
  return Fail(Code::kAlreadyExists, fmt::format("{} '{}' already exists", words.word, full_name),
              {}, words.already_exists);
}

std::unexpected<Error> NoSuchPrincipal(std::string_view name) {
  return Fail(Code::kNotFound, fmt::format("Could not find principal with name {}", name), {},
              "PRINCIPAL_DOES_NOT_EXIST");
}

std::unexpected<Error> NoSuchRequest(std::string_view id) {
  return Fail(Code::kNotFound, fmt::format("Request '{}' does not exist.", id));
}

std::unexpected<Error> MissingField(std::string_view operation, std::string_view field) {
  return InvalidParameter(fmt::format("{} Missing required field: {}", operation, field));
}

std::unexpected<Error> InvalidParameter(std::string message) {
  return Fail(Code::kInvalidArgument, std::move(message), {}, "INVALID_PARAMETER_VALUE");
}

std::unexpected<Error> NoSuchActivation(std::string_view what_of_it) {
  return Fail(Code::kNotFound,
              fmt::format("This activation link {}. Ask your provider for a new one.", what_of_it));
}

std::unexpected<Error> AddressRefused() {
  return Fail(Code::kPermissionDenied,
              "Requests from this IP address are not allowed by the recipient's IP access list.");
}

std::unexpected<Error> TokenRefused() {
  return Fail(Code::kUnauthenticated, "This token is unknown or no longer valid.");
}

std::unexpected<Error> NoSession() {
  return Fail(Code::kUnauthenticated, "There is no session, or it has ended: sign in again.");
}

std::unexpected<Error> ExternalSharingDisabled() {
  return Fail(Code::kPermissionDenied,
              "External Delta Sharing is not enabled on the metastore. Please contact an "
              "administrator: delta_sharing_scope INTERNAL_AND_EXTERNAL enables it.",
              {}, "FEATURE_DISABLED");
}

std::unexpected<Error> SharedObjectExists(std::string_view what, std::string_view name,
                                          std::string_view advice) {
  std::string message = fmt::format("Shared {} '{}' already exists", what, name);
  if (!advice.empty()) message += fmt::format(". {}", advice);
  return Fail(Code::kAlreadyExists, std::move(message), {}, "RESOURCE_ALREADY_EXISTS");
}

std::unexpected<Error> SharedObjectDoesNotExist(std::string_view what, std::string_view name) {
  return Fail(Code::kNotFound, fmt::format("Shared {} '{}' does not exist.", what, name), {},
              "RESOURCE_DOES_NOT_EXIST");
}

std::unexpected<Error> QuotaExceeded(const QuotaReached& quota) {
  return Fail(Code::kInvalidArgument,
              fmt::format("Cannot create {} {}(s) in {} {} (estimated count: {}, limit: {}).",
                          quota.more, ErrorsOf(quota.child).word, ErrorsOf(quota.parent).word,
                          quota.parent_name, quota.count, quota.limit),
              {}, "QUOTA_EXCEEDED");
}

}  // namespace sluice::catalog
