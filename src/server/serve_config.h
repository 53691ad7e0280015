// server/serve_config.h -- the configuration of `sluice serve`: read at start, and again when it
// changes.
#pragma once

#include "server/commands.h"
#include "server/config.h"
#include "server/services.h"

namespace sluice::server {

// The file, with what the command line says before what it says.
// Errors: as LoadConfig
Result<Config> LoadServeConfig(const ServeCommand& command);

// What a start says of a configuration, and a change again.
void LogConfig(const ServeCommand& command, const Config& config);

size_t CountTables(const Config& config);

// Reads the file again and puts it to work. What is wrong with it is told to the log, line by line,
// and the configuration that is in effect stays. True: it was taken over.
bool ReloadConfig(const ServeCommand& command, Services& services);

}  // namespace sluice::server
