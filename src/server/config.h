// server/config.h -- the configuration file: what is shared, and how the server runs.
//
// Reads the reference server's YAML as it is. Every problem of a file is found in one go.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "catalog/yaml_catalog.h"
#include "server/config_reader.h"
#include "server/settings.h"
#include "storage/store_options.h"

namespace sluice::server {

struct Config {
  Settings settings;
  std::vector<catalog::ShareEntry> shares;
  std::vector<storage::StoreRule> storage_rules;
  std::vector<std::string> external_locations;  // as delta::ExternalLocations takes them
  // For the operator, each "name:line: text": keys without effect, tables that cannot be read yet.
  std::vector<std::string> warnings;
};

// Whether a file without `authorization` is good. kMayBeAbsent is --insecure-no-auth; a token that
// is there counts all the same.
enum class Authorization { kRequired, kMayBeAbsent };

inline constexpr ByteCount kMaxConfigSize = MiB(64);

// `name` stands before each message: "sluice.yaml:12: unknown key 'prot'; did you mean 'port'?".
// Holds for any bytes; a token, key or secret never stands in a message. `read_file` is for the
// files of secrets and certificates that `storage` names.
// Errors: kInvalidArgument  the message has a line for each problem, in the order of the file
Result<Config> ParseConfig(std::string_view text, std::string_view name,
                           Authorization authorization = Authorization::kRequired,
                           const FileReader& read_file = ReadOperatorFile);

// Errors: kNotFound, kPermissionDenied  there is no such file, or we may not read it
//         kInvalidArgument              as ParseConfig, or the file is larger than kMaxConfigSize
Result<Config> LoadConfig(const std::string& path,
                          Authorization authorization = Authorization::kRequired);

}  // namespace sluice::server
