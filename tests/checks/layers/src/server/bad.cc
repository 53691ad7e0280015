#include <spdlog/spdlog.h>  // WRONG: base owns it
#include <simdjson.h>  // WRONG: delta owns it
#include <yaml-cpp/yaml.h>
