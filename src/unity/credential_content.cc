#include "unity/credential_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "catalog/errors.h"
#include "storage/s3/endpoint.h"
#include "unity/description.h"

namespace sluice::unity {
namespace {

using catalog::CredentialType;

enum class Part { kSetting, kOptionalSetting, kFlag, kUrl, kSecret, kOptionalSecret };

struct PartRow {
  std::string_view name;
  Part part;
};

struct ContentRow {
  std::string_view name;
  CredentialType type;
  std::span<const PartRow> parts;
};

constexpr auto kRole = std::to_array<PartRow>({{"role_arn", Part::kSetting}});
constexpr auto kPrincipal = std::to_array<PartRow>({{"application_id", Part::kSetting},
                                                    {"directory_id", Part::kSetting},
                                                    {"client_secret", Part::kSecret}});
constexpr auto kIdentity = std::to_array<PartRow>(
    {{"access_connector_id", Part::kSetting}, {"managed_identity_id", Part::kOptionalSetting}});
constexpr auto kCloudflare = std::to_array<PartRow>({{"access_key_id", Part::kSetting},
                                                     {"account_id", Part::kSetting},
                                                     {"secret_access_key", Part::kSecret}});
constexpr auto kGoogle = std::to_array<PartRow>({{"email", Part::kOptionalSetting}});
constexpr auto kKeys = std::to_array<PartRow>({{"access_key_id", Part::kSetting},
                                               {"endpoint", Part::kUrl},
                                               {"region", Part::kOptionalSetting},
                                               {"path_style", Part::kFlag},
                                               {"secret_access_key", Part::kSecret},
                                               {"session_token", Part::kOptionalSecret}});

constexpr auto kContents = std::to_array<ContentRow>({
    {"aws_iam_role", CredentialType::kAwsIamRole, kRole},
    {"azure_service_principal", CredentialType::kAzureServicePrincipal, kPrincipal},
    {"azure_managed_identity", CredentialType::kAzureManagedIdentity, kIdentity},
    {"cloudflare_api_token", CredentialType::kCloudflareApiToken, kCloudflare},
    {"databricks_gcp_service_account", CredentialType::kGcpServiceAccount, kGoogle},
    {"s3_access_key", CredentialType::kS3AccessKey, kKeys},
});

bool IsAccount(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
  });
}

Status TakePart(const Fields& fields, const PartRow& row, std::string_view object,
                catalog::CredentialContent& content) {
  const std::string path = fmt::format("{}.{}", object, row.name);
  const std::string name(row.name);
  if (row.part == Part::kFlag) {
    if (TRY(fields.Flag(row.name)).value_or(false)) content.settings[name] = "true";
    return {};
  }
  const std::string text = TRY(fields.Text(row.name)).value_or("");
  const bool needed = row.part == Part::kSetting || row.part == Part::kSecret;
  if (text.empty() && needed) {
    return catalog::InvalidParameter(fmt::format("Missing required field: {}", path));
  }
  if (text.empty()) return {};
  if (!IsVisible(text) || (row.part == Part::kUrl && !IsEndpoint(text)) ||
      (row.name == "account_id" && !IsAccount(text))) {
    return catalog::InvalidParameter(fmt::format("Field {} is not valid.", path));
  }
  const bool secret = row.part == Part::kSecret || row.part == Part::kOptionalSecret;
  (secret ? content.secrets : content.settings)[name] = text;
  return {};
}

}  // namespace

bool IsVisible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

bool IsEndpoint(std::string_view url) { return storage::ParseOrigin(url).has_value(); }

Result<std::optional<catalog::CredentialContent>> ContentOf(const Fields& fields,
                                                            std::string_view operation) {
  std::optional<catalog::CredentialContent> content;
  for (const ContentRow& row : kContents) {
    const std::optional<Fields> object = TRY(fields.Object(row.name));
    if (!object) continue;
    if (content) {
      return catalog::InvalidParameter(
          fmt::format("{}: a storage credential is of one kind, not of two.", operation));
    }
    content = catalog::CredentialContent{.type = row.type};
    for (const PartRow& part : row.parts) TRY(TakePart(*object, part, row.name, *content));
  }
  return content;
}

void TellContent(const json::Object& body, net::Facts& facts) {
  const Fields fields(body);
  for (const ContentRow& row : kContents) {
    const auto object = fields.Object(row.name);
    if (!object || !*object) continue;
    json::Object told;
    for (const PartRow& part : row.parts) {
      const bool secret = part.part == Part::kSecret || part.part == Part::kOptionalSecret;
      if (!(*object)->Has(part.name)) continue;
      const auto text = (*object)->Text(part.name);
      if (part.part == Part::kFlag) {
        told[part.name] = (*object)->Flag(part.name).value_or(false).value_or(false);
      } else if (secret) {
        told[part.name] = kSecretGiven;
      } else if (text && (part.part != Part::kUrl || IsEndpoint(**text))) {
        told[part.name] = **text;
      }
    }
    facts.emplace_back(row.name, json::Serialize(told));
  }
}

void PutContent(json::Object& object, const catalog::Securable& credential) {
  const auto& details = credential.As<catalog::StorageCredential>();
  for (const ContentRow& row : kContents) {
    if (row.type != details.type) continue;
    json::Object content;
    for (const auto& [name, value] : details.settings) {
      if (name == "path_style") {
        content[name] = value == "true";
      } else {
        content[name] = value;
      }
    }
    // What the role's trust policy has to name.
    if (row.type == CredentialType::kAwsIamRole) content["external_id"] = credential.id;
    object[row.name] = std::move(content);
  }
}

}  // namespace sluice::unity
