// server/demo_data.h -- the demo's data directory: a catalog that was in use for a week.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/engine.h"
#include "server/config.h"
#include "server/demo_player.h"

namespace sluice::server {

// Folders of the demo below its own.
struct DemoFolders {
  explicit DemoFolders(const std::filesystem::path& dir);
  std::filesystem::path top;
  std::filesystem::path tables;         // the lakehouse
  std::filesystem::path live;           // tables that change during the week
  std::filesystem::path data;           // of the server
  std::filesystem::path data_partial;   // the same, while the week is played
  std::filesystem::path analyst_token;  // of kDemoAnalyst
  std::vector<std::string> local_roots() const;
};

// True: there is none yet, so that MakeDemoData makes one.
bool NeedsDemoData(const DemoFolders& folders);

// Plays the week that ends now and puts the data directory in its place when it is whole; what a
// run that was cut short left behind is made anew. `config` is that of the server to come.
// Errors: those of PlayDemoWeek; kUnavailable  a folder cannot be made
Result<DemoPlayed> MakeDemoData(engine::Engine& engine, const Config& config,
                                const DemoFolders& folders);

}  // namespace sluice::server
