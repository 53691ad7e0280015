// server/demo_live_tables.h -- the tables of the demo that change while they are shared: what lies
// in the warehouses (replaced each time) and what is on its way (added to).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "engine/engine.h"
#include "engine/table_writer.h"

namespace sluice::server {

class DemoLiveTables {
 public:
  // Each table gets a folder in `dir`.
  DemoLiveTables(engine::Engine& engine, std::filesystem::path dir)
      : engine_(engine), dir_(std::move(dir)) {}

  // Writes the next version of "stock" or "deliveries", as of `now`. The same rows in each run.
  // Errors: kNotFound  another name; those of engine::TableWriter
  Status WriteNext(const std::string& name, TimePoint now);

 private:
  struct Live {
    engine::TableWriter writer;
    int version = 0;
    std::string last_file{};
  };

  engine::Engine& engine_;
  const std::filesystem::path dir_;
  std::map<std::string, Live> live_;
};

}  // namespace sluice::server
