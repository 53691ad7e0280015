// server/config_storage.h -- the part `storage` of the configuration file.
#pragma once

#include <vector>

#include "server/config_reader.h"
#include "storage/store_options.h"

namespace sluice::server {

// Reads the files of secrets that the entries name, too. What is wrong goes to `reader`, never with
// a key or secret in it; what comes back is whole only when the reader has no problems. Prefixes
// have the one spelling of storage::Location::Text.
std::vector<storage::StoreRule> ReadStorage(const YamlNode& list, ConfigReader& reader);

}  // namespace sluice::server
