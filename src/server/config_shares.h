// server/config_shares.h -- the part `shares` of the configuration file.
#pragma once

#include <vector>

#include "catalog/yaml_catalog.h"
#include "server/config_reader.h"

namespace sluice::server {

// What is wrong goes to `reader`; what comes back is whole only when it has no problems.
std::vector<catalog::ShareEntry> ReadShares(const YamlNode& list, ConfigReader& reader);

}  // namespace sluice::server
