#include "server/config_storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "storage/location.h"

namespace sluice::server {
namespace {

using Source = storage::S3CredentialOptions::Source;
using Addressing = storage::S3Options::Addressing;

constexpr std::array<std::pair<std::string_view, Source>, 8> kSources = {
    {{"default", Source::kDefault},
     {"static", Source::kStatic},
     {"environment", Source::kEnvironment},
     {"profile", Source::kProfile},
     {"web-identity", Source::kWebIdentity},
     {"container", Source::kContainer},
     {"instance", Source::kInstance},
     {"anonymous", Source::kAnonymous}}};

constexpr std::array<std::pair<std::string_view, Addressing>, 3> kAddressings = {
    {{"auto", Addressing::kAuto},
     {"path", Addressing::kPath},
     {"virtual-host", Addressing::kVirtualHost}}};

// A word that the row's check has let through; one that it refused is a problem already.
template <class Words, class T>
T Meaning(const Words& words, std::string_view word, T otherwise) {
  for (const auto& [text, value] : words) {
    if (text == word) return value;
  }
  return otherwise;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

class StorageReader {
 public:
  explicit StorageReader(ConfigReader& reader) : reader_(reader) {}
  std::vector<storage::StoreRule> Read(const YamlNode& list);

 private:
  storage::StoreRule ReadRule(const YamlNode& entry, size_t number);
  std::string ReadPrefix(const YamlNode& entry, const Fields& fields);
  void ReadOptions(const Fields& fields, storage::S3Options& options);
  void CheckAuthorities(const Fields& fields);
  void CheckEndpoint(const Fields& fields, const storage::S3Options& options);
  void ReadCredentials(const YamlNode& entry, const Fields& fields,
                       storage::S3CredentialOptions& credentials);
  void CheckKeys(const YamlNode& entry, const Fields& fields, Source source);
  void CheckRole(const Fields& fields, Source source);
  void ReadDirectoryAccess(const Fields& fields, storage::S3Options& options);
  std::string ReadSecretFile(const YamlNode& node);
  bool Flag(const Fields& fields, std::string_view leaf) const;

  ConfigReader& reader_;
  ConfigReader::Names names_;
  ConfigReader::Names prefixes_;
};

std::vector<storage::StoreRule> StorageReader::Read(const YamlNode& list) {
  std::vector<storage::StoreRule> rules;
  for (const YamlNode& entry : list.children) {
    if (entry.kind != YamlNode::Kind::kMap) {
      reader_.Problem(entry.line,
                      "an entry of 'storage' must hold keys: prefix, endpoint and so on");
      continue;
    }
    rules.push_back(ReadRule(entry, rules.size() + 1));
  }
  return rules;
}

storage::StoreRule StorageReader::ReadRule(const YamlNode& entry, size_t number) {
  const Fields fields = reader_.ReadMap(entry, "storage[]");
  storage::StoreRule rule;
  rule.prefix = ReadPrefix(entry, fields);
  rule.name = fields.Text("name");
  if (rule.name.empty()) rule.name = fmt::format("s3-{}", number);
  const YamlNode* name = fields.Find("name");
  const int line = name == nullptr ? entry.line : name->line;
  const auto [first, is_new] = names_.try_emplace(rule.name, line);
  if (!is_new) {
    reader_.Problem(line,
                    fmt::format("the store name '{}' stands twice, first in line {}{}", rule.name,
                                first->second, name == nullptr ? "; give this entry a name" : ""));
  }
  ReadOptions(fields, rule.s3);
  CheckAuthorities(fields);
  CheckEndpoint(fields, rule.s3);
  ReadCredentials(entry, fields, rule.s3.credentials);
  ReadDirectoryAccess(fields, rule.s3);
  return rule;
}

std::string StorageReader::ReadPrefix(const YamlNode& entry, const Fields& fields) {
  const YamlNode* node = fields.Find("prefix");
  if (node == nullptr) {
    if (!Holds(entry, "prefix")) {
      reader_.Problem(entry.line, "the entry of 'storage' has no 'prefix': write s3://bucket");
    }
    return {};
  }
  const auto location = storage::ParseLocation(node->text);
  if (!location.has_value() || location->kind != storage::Location::Kind::kS3) {
    // What was given is not repeated: old habits put keys into such URIs.
    reader_.Problem(node->line,
                    "'storage[].prefix' must be s3://bucket or s3://bucket/folder, without keys");
    return {};
  }
  std::string prefix = location->Text();
  const auto [first, is_new] = prefixes_.try_emplace(prefix, node->line);
  if (!is_new) {
    reader_.Problem(node->line, fmt::format("the prefix {} stands twice, first in line {}",
                                            Shown(prefix), first->second));
  }
  return prefix;
}

bool StorageReader::Flag(const Fields& fields, std::string_view leaf) const {
  for (const auto& [setting, node] : fields.all()) {
    if (node->key == leaf) return ParseFlag(*setting, node->text).value_or(false);
  }
  return false;
}

void StorageReader::ReadOptions(const Fields& fields, storage::S3Options& options) {
  options.region = fields.Text("region");
  options.endpoint = fields.Text("endpoint");
  options.sts_endpoint = fields.Text("stsEndpoint");
  options.addressing = Meaning(kAddressings, fields.Text("addressing"), Addressing::kAuto);
  options.dual_stack = Flag(fields, "dualStack");
  options.fips = Flag(fields, "fips");
  options.proxy = fields.Text("proxy");
  options.ca_file = fields.Text("caFile");
}

void StorageReader::CheckAuthorities(const Fields& fields) {
  const YamlNode* node = fields.Find("caFile");
  if (node == nullptr) return;
  const auto file = reader_.ReadFile(node->text, MiB(16));
  if (!file.has_value()) {
    reader_.Problem(node->line, fmt::format("'caFile': {}", file.error().message));
  }
}

// Amazon's variants of an endpoint are names that Amazon makes up; no other store has them.
void StorageReader::CheckEndpoint(const Fields& fields, const storage::S3Options& options) {
  if (options.endpoint.empty()) return;
  for (const auto& [leaf, asked] : {std::pair<std::string_view, bool>("fips", options.fips),
                                    {"dualStack", options.dual_stack}}) {
    if (!asked) continue;
    reader_.Problem(fields.Find(leaf)->line,
                    fmt::format("'{}' cannot go with an 'endpoint' of one's own: leave one of them "
                                "out",
                                leaf));
  }
}

void StorageReader::ReadCredentials(const YamlNode& entry, const Fields& fields,
                                    storage::S3CredentialOptions& credentials) {
  credentials.source = Meaning(kSources, fields.Text("credentials"), Source::kDefault);
  const bool named = Holds(entry, "credentials");
  // What names one source means it.
  if (!named && Holds(entry, "profile")) credentials.source = Source::kProfile;
  if (!named && Holds(entry, "accessKeyId")) credentials.source = Source::kStatic;
  credentials.access_key_id = fields.Text("accessKeyId");
  credentials.secret_access_key = fields.Text("secretAccessKey");
  credentials.session_token = fields.Text("sessionToken");
  credentials.profile = fields.Text("profile");
  credentials.role_arn = fields.Text("roleArn");
  credentials.external_id = fields.Text("externalId");
  credentials.role_session_name = fields.Text("roleSessionName");
  if (const YamlNode* file = fields.Find("secretAccessKeyFile"); file != nullptr) {
    std::string secret = ReadSecretFile(*file);
    if (!Holds(entry, "secretAccessKey")) credentials.secret_access_key = std::move(secret);
  }
  // One typing error is one problem.
  const bool clear = !named || fields.Find("credentials") != nullptr;
  if (!clear) return;
  CheckKeys(entry, fields, credentials.source);
  CheckRole(fields, credentials.source);
}

// Keys go with the source "static" and with no other.
void StorageReader::CheckKeys(const YamlNode& entry, const Fields& fields, Source source) {
  const auto line_of = [&](std::string_view leaf) {
    const YamlNode* node = fields.Find(leaf);
    return node == nullptr ? entry.line : node->line;
  };
  if (Holds(entry, "secretAccessKey") && Holds(entry, "secretAccessKeyFile")) {
    reader_.Problem(
        line_of("secretAccessKeyFile"),
        "'secretAccessKeyFile' cannot go with 'secretAccessKey': leave one of them out");
  }
  if (source == Source::kStatic) {
    if (!Holds(entry, "accessKeyId")) {
      reader_.Problem(line_of("credentials"), "'credentials: static' needs 'accessKeyId'");
    }
    if (!Holds(entry, "secretAccessKey") && !Holds(entry, "secretAccessKeyFile")) {
      reader_.Problem(line_of("accessKeyId"),
                      "'accessKeyId' needs 'secretAccessKeyFile' or 'secretAccessKey'");
    }
    return;
  }
  for (const std::string_view leaf :
       {"accessKeyId", "secretAccessKey", "secretAccessKeyFile", "sessionToken"}) {
    if (fields.Find(leaf) == nullptr) continue;
    const bool other = fields.Find("credentials") != nullptr;
    reader_.Problem(line_of(leaf),
                    other ? fmt::format("'{}' goes only with 'credentials: static'", leaf)
                          : fmt::format("'{}' needs 'accessKeyId'", leaf));
  }
}

void StorageReader::CheckRole(const Fields& fields, Source source) {
  const YamlNode* profile = fields.Find("profile");
  if (profile != nullptr && source != Source::kProfile && source != Source::kDefault) {
    reader_.Problem(profile->line,
                    "'profile' goes only with 'credentials: profile' or 'credentials: default'");
  }
  const YamlNode* role = fields.Find("roleArn");
  if (role != nullptr && source == Source::kAnonymous) {
    reader_.Problem(role->line, "'roleArn' cannot go with 'credentials: anonymous'");
  }
  for (const std::string_view leaf : {"externalId", "roleSessionName"}) {
    const YamlNode* node = fields.Find(leaf);
    // Web identity names its role in the environment.
    const bool of_environment =
        leaf == "roleSessionName" && (source == Source::kWebIdentity || source == Source::kDefault);
    if (node == nullptr || role != nullptr || of_environment) continue;
    reader_.Problem(node->line, fmt::format("'{}' needs 'roleArn'", leaf));
  }
}

void StorageReader::ReadDirectoryAccess(const Fields& fields, storage::S3Options& options) {
  const YamlNode* node = fields.Find("directoryAccess");
  if (node == nullptr) return;
  const Fields access = reader_.ReadMap(*node, "storage[].directoryAccess");
  if (!Holds(*node, "roleArn")) {
    reader_.Problem(node->line,
                    "'directoryAccess' needs 'roleArn': the role that is assumed for recipients");
  }
  if (options.credentials.source == Source::kAnonymous) {
    reader_.Problem(node->line, "'directoryAccess' cannot go with 'credentials: anonymous'");
  }
  // Another store's keys are nothing to Amazon, and are not sent there.
  const bool has_sts = Holds(*node, "stsEndpoint") || !options.sts_endpoint.empty();
  if (!options.endpoint.empty() && !has_sts) {
    reader_.Problem(node->line,
                    "'directoryAccess' beside 'endpoint' needs 'stsEndpoint': for MinIO and Ceph "
                    "the same URL as 'endpoint'");
  }
  options.directory_access =
      storage::DirectoryAccess{.role_arn = std::string(access.Text("roleArn")),
                               .external_id = std::string(access.Text("externalId")),
                               .sts_endpoint = std::string(access.Text("stsEndpoint")),
                               .kms_key_arn = std::string(access.Text("kmsKeyArn"))};
}

std::string StorageReader::ReadSecretFile(const YamlNode& node) {
  const auto file = reader_.ReadFile(node.text, KiB(64));
  if (!file.has_value()) {
    reader_.Problem(node.line, fmt::format("'secretAccessKeyFile': {}", file.error().message));
    return {};
  }
  std::string secret(Trimmed(file->bytes));
  const Setting* row = FindSetting("storage[].secretAccessKey");
  if (row == nullptr || !CheckText(*row, secret).has_value()) {
    reader_.Problem(node.line, fmt::format("'secretAccessKeyFile': {} must hold the secret alone, "
                                           "visible ASCII characters without spaces",
                                           Printable(node.text)));
    return {};
  }
  if ((file->mode & 07) != 0) {
    reader_.Warn(node.line,
                 fmt::format("'secretAccessKeyFile': {} can be read by others (mode "
                             "{:04o}); run: chmod 600 {}",
                             Printable(node.text), file->mode & 07777, Printable(node.text)));
  }
  return secret;
}

}  // namespace

std::vector<storage::StoreRule> ReadStorage(const YamlNode& list, ConfigReader& reader) {
  return StorageReader(reader).Read(list);
}

}  // namespace sluice::server
