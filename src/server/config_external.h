// server/config_external.h -- the part `externalLocations` of the configuration file.
#pragma once

#include <string>
#include <vector>

#include "server/config_reader.h"
#include "storage/store_options.h"

namespace sluice::server {

// In the one spelling of storage::Location::Text, as delta::ExternalLocations takes them. `rules`
// are those of `storage`. What is wrong goes to `reader`; what comes back is whole only when the
// reader has no problems.
std::vector<std::string> ReadExternalLocations(const YamlNode& list,
                                               const std::vector<storage::StoreRule>& rules,
                                               ConfigReader& reader);

}  // namespace sluice::server
