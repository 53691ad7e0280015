// catalog/model.h -- what the catalog knows: securables, principals, tokens.
//
// Plain values. Those that are in a Picture never change; a change makes new ones. Names of fields
// follow the REST API's objects (databricks-sdk: catalog.*Info, sharing.*Info, iam.User).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/crypto/crypto.h"
#include "catalog/partition_filter.h"
#include "catalog/privileges.h"
#include "storage/store_options.h"

namespace sluice::catalog {

using Id = std::string;  // of securables: a UUID; of principals: digits
using Properties = std::map<std::string, std::string>;

// One privilege of one principal on the object that holds it. On shares principals are recipients.
struct Grant {
  Id principal;
  Privilege privilege = Privilege::kSelect;
  std::optional<TimePoint> expires_at{};  // without effect from then on

  bool HoldsAt(TimePoint now) const { return !expires_at || now < *expires_at; }
  bool operator==(const Grant&) const = default;
};

// A secret that is not kept in the open: sealed by Catalog::Seal, in base64. Empty: none.
struct SealedSecret {
  std::string text{};
  bool operator==(const SealedSecret&) const = default;
};

// delta_sharing_scope: between metastores alone, or with anybody.
inline constexpr std::string_view kInternalScope = "INTERNAL";
inline constexpr std::string_view kExternalScope = "INTERNAL_AND_EXTERNAL";

struct Metastore {
  std::string cloud = "sluice";
  std::string region = "local";
  std::string storage_root{};
  std::string sharing_scope = std::string(kExternalScope);  // delta_sharing_scope
  std::string organization_name{};                          // delta_sharing_organization_name
  // delta_sharing_recipient_token_lifetime_in_seconds; 0: none is set, and a year holds.
  std::chrono::seconds recipient_token_lifetime{0};
  bool external_access_enabled = false;
  bool operator==(const Metastore&) const = default;
};

// kLocal covers what the command line names as local roots; there is one, "local".
enum class CredentialType {
  kLocal,
  kAwsIamRole,
  kS3AccessKey,  // ours: keys of anything that speaks S3
  kCloudflareApiToken,
  kAzureServicePrincipal,
  kAzureManagedIdentity,
  kGcpServiceAccount,
};

struct StorageCredential {
  CredentialType type = CredentialType::kLocal;
  Properties settings{};  // what may be shown, by the API's names: "role_arn", "access_key_id"
  SealedSecret secret{};  // of a JSON object: {"secret_access_key": "..."}
  bool read_only = false;
  bool operator==(const StorageCredential&) const = default;
};

struct ExternalLocation {
  std::string
      url{};  // normal form, without '/' at the end: "s3://lake/bronze", "file:///data/lake"
  Id credential{};
  bool read_only = false;
  bool fallback = false;
  // Ours: recipients may be given keys that read the folder of a table here.
  std::optional<storage::DirectoryAccess> directory_access{};
  bool operator==(const ExternalLocation&) const = default;
};

struct CatalogDetails {
  std::string storage_root{};
  bool operator==(const CatalogDetails&) const = default;
};

struct SchemaDetails {
  std::string storage_root{};
  bool operator==(const SchemaDetails&) const = default;
};

struct Column {
  std::string name{};
  std::string type_text{};  // "decimal(10,2)"
  std::string type_name{};  // "DECIMAL"
  std::string type_json{};  // as the field stands in a Delta schema
  int32_t type_precision = 0;
  int32_t type_scale = 0;
  int32_t position = 0;
  std::optional<int32_t> partition_index{};
  bool nullable = true;
  std::string comment{};
  bool operator==(const Column&) const = default;
};

enum class TableType { kManaged, kExternal };

struct Table {
  TableType type = TableType::kExternal;
  std::string storage_location{};  // as ExternalLocation::url
  std::vector<Column> columns{};   // as they were when somebody last looked
  bool operator==(const Table&) const = default;
};

// One thing in a share.
struct SharedObject {
  Id id{};  // what recipients know the table by; a schema's tables have ids of their own
  Kind kind = Kind::kTable;  // kTable or kSchema
  Id object{};               // of the table or schema
  std::string shared_as{};   // "schema.table"; empty: under its own name
  std::string comment{};
  PartitionFilter partitions{};
  bool cdf_enabled = false;
  bool history = false;  // history_data_sharing_status ENABLED
  std::optional<int64_t> start_version{};
  // Nobody chose start_version: it is the version that the table had when its history, or its
  // changes, began to be shared. That version is shared as it stands, not what it changed.
  bool starts_after = false;
  TimePoint added_at{};
  std::string added_by{};
  bool operator==(const SharedObject&) const = default;
};

struct Share {
  std::vector<SharedObject> objects{};  // in the order they were added
  std::string storage_root{};
  std::optional<TimePoint> named_at{};  // since when it has its name; nothing: since it was made
  bool operator==(const Share&) const = default;
};

enum class AuthenticationType { kToken, kDatabricks, kOidcFederation, kOauthClientCredentials };

// A recipient's bearer token, or the link by which it will be fetched.
struct RecipientToken {
  Id id{};
  std::optional<crypto::Digest> hash{};             // SHA-256; nothing: not fetched yet
  SealedSecret activation{};                        // the link's nonce; empty: fetched, or revoked
  std::optional<crypto::Digest> activation_hash{};  // SHA-256 of the nonce
  TimePoint activation_expires_at{};
  TimePoint created_at{};
  std::string created_by{};
  TimePoint updated_at{};
  std::string updated_by{};
  std::optional<TimePoint> expires_at{};  // of the token; while it was not fetched: at the latest
  bool operator==(const RecipientToken&) const = default;
};

struct Recipient {
  AuthenticationType authentication_type = AuthenticationType::kToken;
  std::vector<RecipientToken> tokens{};  // at most two, the older one first
  std::vector<std::string> allowed_ip_addresses{};
  std::vector<std::string> denied_ip_addresses{};  // ours
  std::optional<TimePoint> expires_at{};           // expiration_time: of the tokens to come
  std::optional<int64_t> requests_per_second{};    // ours; nothing: the server's setting
  // Links to files that were given before are void. Nothing: none is, but by its own end.
  std::optional<TimePoint> links_void_before{};
  // Of platform recipients: "cloud:region:uuid".
  std::string data_recipient_global_metastore_id{};
  std::string sharing_code{};
  bool operator==(const Recipient&) const = default;
};

struct Provider {
  AuthenticationType authentication_type = AuthenticationType::kToken;
  std::string endpoint{};  // recipient_profile.endpoint
  int share_credentials_version = 1;
  SealedSecret profile{};  // recipient_profile_str
  std::string data_provider_global_metastore_id{};
  bool operator==(const Provider&) const = default;
};

// In the order of Kind.
using Details = std::variant<Metastore, StorageCredential, ExternalLocation, CatalogDetails,
                             SchemaDetails, Table, Share, Recipient, Provider>;

struct Securable {
  Id id{};
  Id parent{};  // the catalog of a schema, the schema of a table; of the rest the metastore
  std::string name{};
  Id owner{};  // a principal
  std::string comment{};
  Properties properties{};
  TimePoint created_at{};
  std::string created_by{};  // the name that the principal had then
  TimePoint updated_at{};
  std::string updated_by{};
  std::vector<Grant> grants{};  // by principal, then privilege; each pair once
  Details details{};

  Kind kind() const { return static_cast<Kind>(details.index()); }
  // The details of the kind that the caller knows it to be.
  template <class T>
  const T& As() const {
    return std::get<T>(details);
  }
  template <class T>
  T& As() {
    return std::get<T>(details);
  }
  bool operator==(const Securable&) const = default;
};

enum class PrincipalKind { kUser, kGroup, kServicePrincipal };

struct Principal {
  Id id{};
  PrincipalKind kind = PrincipalKind::kUser;
  // Unique among all principals, without regard to case: userName, a group's displayName, a service
  // principal's applicationId. What grants and owners are written as.
  std::string name{};
  std::string display_name{};
  std::string external_id{};
  std::vector<std::string> emails{};
  bool active = true;
  std::vector<Id> members{};  // of a group
  TimePoint created_at{};
  TimePoint updated_at{};
  bool operator==(const Principal&) const = default;
};

// A personal access token. Only its hash is kept.
struct AccessToken {
  Id id{};
  Id principal{};
  crypto::Digest hash{};
  std::string comment{};
  TimePoint created_at{};
  std::optional<TimePoint> expires_at{};
  bool operator==(const AccessToken&) const = default;
};

// A browser that signed in with a token, of a user or of a recipient, and counts as who has that
// token. Only hashes are kept: of the secret in its cookie, and of the token.
struct BrowserSession {
  crypto::Digest hash{};
  crypto::Digest token{};
  TimePoint created_at{};
  TimePoint expires_at{};
  bool operator==(const BrowserSession&) const = default;
};

// Every principal is in this group; it is in the catalog from the first start and cannot be
// changed.
inline constexpr std::string_view kAllUsers = "account users";
// Its members are the metastore's administrators, as long as it owns the metastore.
inline constexpr std::string_view kAdmins = "admins";

}  // namespace sluice::catalog
